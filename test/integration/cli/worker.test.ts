import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { embedgate } from './program.ts'

const worker = (device: string, listen: string) =>
  embedgate(['worker', '--model', 'all-MiniLM-L6-v2', '--device', device, '--listen', listen])

describe('embedgate worker', { timeout: 60_000 }, () => {
  it('says that its port is taken, and what helps', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = `127.0.0.1:${(other.address() as AddressInfo).port}`
    const { code, err } = await worker('cpu', address)
    other.close()
    expect([code, err]).toEqual([
      1,
      `EG_PORT_IN_USE\n  the worker cannot listen on ${address}: it is in use already.\n  Choose another address with --listen.\n`,
    ])
  })

  // A machine that has one would serve on.
  it.skipIf(existsSync('/dev/nvidiactl'))('points to the doctor where its device is not here', async () => {
    const { code, err } = await worker('cuda', '127.0.0.1:0')
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^EG_NOT_READY\n {2}the worker cannot start: no cuda .*doctor/s),
    ])
  })
})
