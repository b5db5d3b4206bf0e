import { describe, expect, it } from 'vitest'
import { post, startGateway, until } from '../../support/gateway.ts'

const token = 'the-token-of-this-test'
const yaml = `
admin: { token: ${token} }
backends: { cpu: { kind: onnx, device: cpu, model: all-MiniLM-L6-v2, workers: 1 } }
models: { all-MiniLM-L6-v2: { chain: [cpu] } }
`

describe('batching', () => {
  it('[R6] is changed in workers that run, and in those that are started later', async () => {
    await using gateway = await startGateway(yaml)
    const { app, url } = gateway
    const adminUrl = await app.admin.listen({ host: '127.0.0.1', port: 0 })
    const configure = async (body: object): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` }
      return (await post(`${adminUrl}/admin/config/batching`, body, headers)).status
    }
    const recorded = async (part: 'sum' | 'count'): Promise<number> => {
      const line = new RegExp(String.raw`^embedgate_batch_size_${part}\{backend="cpu"\} (\d+)`, 'm')
      return Number(line.exec(await app.metricsText())?.[1] ?? 0)
    }
    let round = 0
    /** Texts in a batch, on average, of at least the 16 short texts that are sent. */
    const textsInABatch = async (): Promise<number> => {
      round += 1
      const [texts, batches] = [await recorded('sum'), await recorded('count')]
      const input = Array.from({ length: 16 }, (_, index) => `round ${round} text ${index}`)
      expect((await post(`${url}/v1/embeddings`, { model: 'all-MiniLM-L6-v2', input })).status).toBe(200)
      // Workers are asked every second what they have done.
      await until(async () => (await recorded('sum')) - texts >= 16)
      return ((await recorded('sum')) - texts) / ((await recorded('count')) - batches)
    }
    const pid = (): number | undefined =>
      Number(/"pid":(\d+),"device":"cpu"/.exec(JSON.stringify(lastHealth))?.[1]) || undefined
    let lastHealth: unknown
    const look = async () => (lastHealth = await (await fetch(`${adminUrl}/health`)).json())

    // Texts of the gateway's own, from before a change, may still be counted.
    await until(async () => (await textsInABatch()) > 1)
    expect(await configure({ budgetTokens: 1 })).toBe(200)
    await until(async () => (await textsInABatch()) === 1)
    await look()
    const killed = pid()
    process.kill(killed ?? Number.NaN, 'SIGKILL')
    await until(async () => (await look()) !== undefined && pid() !== undefined && pid() !== killed)
    await until(async () => (await textsInABatch()) === 1)
    expect(await configure({ budgetTokens: 'auto' })).toBe(200)
    await until(async () => (await textsInABatch()) > 1)
  })
})
