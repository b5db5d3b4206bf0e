import { describe, expect, it } from 'vitest'
import { post, startGateway, until } from '../support/gateway.ts'
import { dims, startUpstream } from './scripted-upstream.ts'

const ask = (url: string, cache = 'default') =>
  post(`${url}/v1/embeddings`, { model: 'm', input: 'text' }, { 'cache-control': cache })

describe('what is stored of a TEI engine that becomes another model', () => {
  it.each([{ model_sha: 'another' }, { model_id: 'another' }])('is not given out any more: %j', async (change) => {
    await using upstream = await startUpstream()
    await using gateway = await startGateway(`
backends:
  tei: { kind: tei, url: "${upstream.url}", model: synthetic, dims: ${dims}, maxTokens: 256 }
  cached: { kind: cached }
models:
  m: { chain: [tei, cached] }
`)
    await ask(gateway.url)
    await until(async () => (await ask(gateway.url)).headers.get('x-embedgate-cache') === 'hit')
    upstream.info = { ...upstream.info, ...change }
    await fetch(`${gateway.url}/health`)
    const { status, headers } = await ask(gateway.url)
    expect([status, headers.get('x-embedgate-cache')]).not.toEqual([200, 'hit'])
  })
})
