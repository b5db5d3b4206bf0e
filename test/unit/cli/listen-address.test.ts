import type { LookupAddress, LookupOptions } from 'node:dns'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { describe, expect, it, vi } from 'vitest'
import { startServer } from '../../../gateway/cli/server/start.ts'
import { tryAddress } from '../../../gateway/cli/server/try-address.ts'
import { parseConfig } from '../../../gateway/config/load.ts'

// Not every machine has a name with two addresses: this one has its IPv6 address first, as `localhost` has on some.
const bothAddresses = 'both.test'
vi.mock(import('node:dns/promises'), async (original) => {
  const dns = await original()
  const lookup = async (host: string, options: LookupOptions = {}): Promise<LookupAddress | LookupAddress[]> => {
    if (host !== bothAddresses) return dns.lookup(host, options)
    return options.order === 'ipv4first' ? { address: '127.0.0.1', family: 4 } : { address: '::1', family: 6 }
  }
  return { ...dns, lookup: lookup as typeof dns.lookup }
})

const text = `telemetry: { logLevel: silent }
backends: { fake: { kind: synthetic, dims: 8 } }
models: { toy: { chain: [fake] } }
server: { port: 0, shutdownDelayMs: 1, host: ${bothAddresses} }
admin: { port: 0, token: a-token-of-this-test }
dataDir: ${tmpdir()}`

describe('the address that a server listens on', () => {
  it('is an IPv4 one of a name that has both: a client of 127.0.0.1 tries no other', async () => {
    const server = await startServer({ ...parseConfig('c.yaml', text, {}), text })
    try {
      expect(server.app.server.address()).toMatchObject({ address: '127.0.0.1' })
    } finally {
      await server.stop()
    }
  })

  it('is the one that is tried before', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen({ host: '127.0.0.1', port: 0 }, resolve))
    const { port } = holder.address() as AddressInfo
    expect(await tryAddress(bothAddresses, port)).toMatchObject({ code: 'EADDRINUSE' })
    await new Promise((resolve) => holder.close(resolve))
    expect(await tryAddress(bothAddresses, port)).toBeUndefined()
  })

  it('is not there for a name without addresses', async () => {
    expect(await tryAddress('no-such-name.invalid', 0)).toHaveProperty('code')
  })
})
