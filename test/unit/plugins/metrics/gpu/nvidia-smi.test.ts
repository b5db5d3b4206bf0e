import { describe, expect, it } from 'vitest'
import { parseNvidiaSmi } from '../../../../../plugins/metrics/gpu/nvidia-smi.ts'

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
