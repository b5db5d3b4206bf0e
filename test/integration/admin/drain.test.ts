import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { post, startGateway, until } from '../../support/gateway.ts'
import { syntheticReferences } from '../../support/synthetic-references.ts'

const token = 'the-token-of-this-test'

/** Two slow tiers that compute the same vectors. */
const twoTiers = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-drain-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = await syntheticReferences(folder)
  return `
admin: { token: ${token} }
backends:
  first: { kind: synthetic, dims: 8, latencyMs: 30 }
  second: { kind: synthetic, dims: 8, latencyMs: 30 }
models: { toy: { chain: [first, second], references: ${JSON.stringify(path)} } }
`
}

describe('draining over HTTP', () => {
  it('under load loses no request, and is seen by those that begin after it', async () => {
    await using gateway = await startGateway(await twoTiers())
    const { app, url } = gateway
    const adminUrl = await app.admin.listen({ host: '127.0.0.1', port: 0 })
    const operate = async (path: string): Promise<number> =>
      (await post(adminUrl + path, {}, { authorization: `Bearer ${token}` })).status
    await until(
      () =>
        app.models
          .list()[0]
          ?.tiers()
          .every(({ available }) => available) ?? false,
    )

    const over = new AbortController()
    const answers: { readonly status: number; readonly backend: string | null }[] = []
    const client = async (name: number): Promise<void> => {
      for (let index = 0; !over.signal.aborted; index++) {
        const { status, headers } = await post(`${url}/v1/embeddings`, { model: 'toy', input: `${name} ${index}` })
        answers.push({ status, backend: headers.get('x-embedgate-backend') })
      }
    }
    const clients = Array.from({ length: 8 }, (_, name) => client(name))
    for (let round = 0; round < 5; round++) {
      expect(await operate('/admin/backends/first/drain')).toBe(200)
      // Whatever was on its way has been answered when the tier has nothing in flight.
      await until(() => app.backends.replicas().find(({ backend }) => backend === 'first')?.inFlight === 0)
      const drained = answers.length
      await until(() => answers.length > drained + 16)
      expect(new Set(answers.slice(drained + 8, drained + 16).map(({ backend }) => backend))).toEqual(
        new Set(['second']),
      )
      expect(await operate('/admin/backends/first/undrain')).toBe(200)
      const undrained = answers.length
      await until(() => answers.slice(undrained).some(({ backend }) => backend === 'first'))
    }
    over.abort()
    await Promise.all(clients)
    expect(answers.every(({ status }) => status === 200)).toBe(true)
  })
})
