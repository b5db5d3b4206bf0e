import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { parseNvidiaSmi, readNvidia } from '../../../../../plugins/metrics/gpu/nvidia-smi.ts'

afterEach(() => vi.unstubAllEnvs())

/** Lets this process find a driver's program that does `script`, or none. */
const installed = (script?: string): void => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-nvidia-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  if (script !== undefined) writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', folder)
}

describe('readNvidia', () => {
  it('asks the driver how busy each device is', async () => {
    installed('[ "$1" = --query-gpu=index,utilization.gpu ] && echo "0, 37"')
    expect(await readNvidia(new AbortController().signal)).toEqual([{ device: 'nvidia0', percent: 37 }])
  })

  it('says that there is no driver where its program is missing', async () => {
    installed()
    expect(await readNvidia(new AbortController().signal)).toBeUndefined()
  })

  it('reads nothing of a driver that fails, and asks it again', async () => {
    installed('exit 9')
    expect(await readNvidia(new AbortController().signal)).toEqual([])
  })

  it('stops a driver that hangs', async () => {
    installed('exec /bin/sleep 60')
    const stop = new AbortController()
    const reading = readNvidia(stop.signal)
    stop.abort()
    expect(await reading).toEqual([])
  })
})

describe('parseNvidiaSmi', () => {
  it('reads one device a line', () => {
    expect(parseNvidiaSmi('0, 37\n1, 0\n2, 100\n')).toEqual([
      { device: 'nvidia0', percent: 37 },
      { device: 'nvidia1', percent: 0 },
      { device: 'nvidia2', percent: 100 },
    ])
  })

  it.each(['0, [N/A]\n1, 5\n', '0, [Not Supported]\r\n1, 5\r\n', '0, [Unknown Error]\n1, 5'])(
    'leaves out a device that does not measure itself: %j',
    (output) => {
      expect(parseNvidiaSmi(output)).toEqual([{ device: 'nvidia1', percent: 5 }])
    },
  )

  it.each([
    '',
    'No devices were found\n',
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n",
  ])('reads nothing from %j', (output) => {
    expect(parseNvidiaSmi(output)).toEqual([])
  })
})
