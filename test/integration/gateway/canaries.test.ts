import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHash } from 'node:crypto'
import { cpuOnly, post, until } from '../../support/gateway.ts'
import { folderWith, start, type Running } from '../cli/program.ts'
import { httpReceiver, type OtlpReceiver } from '../../support/otlp-receiver.ts'

/** What no log, span, metric or error may show, each in a place of its own. */
const canaries = {
  text: 'canary-of-a-text',
  longText: 'canary-of-a-long-text',
  key: 'canary-of-a-key',
  wrongKey: 'canary-of-a-wrong-key',
  header: 'canary-of-a-header',
  query: 'canary-of-a-query',
  path: 'canary-of-a-path',
  model: 'canary-of-a-model',
  engineKey: 'canary-of-an-engines-key',
} as const

const config = (upstream: string): string => `
server: { port: 0, shutdownDelayMs: 1, requestTimeoutMs: 3000 }
telemetry: { logLevel: trace }
auth:
  keys:
    - { name: a, tenant: a, sha256: ${createHash('sha256').update(canaries.key).digest('hex')} }
${cpuOnly.replace('backends:', `backends:\n  remote: { kind: openai, url: ${upstream}/v1, apiKey: ${canaries.engineKey}, model: m, dims: 384, proxy: ['POST /rerank'] }\n  failing: { kind: synthetic, failRatio: 1 }`)}
  failing: { chain: [failing] }
  strict: { chain: [cpu], onTooLong: refuse }
`

describe('canary strings', { timeout: 90_000 }, () => {
  let collector: OtlpReceiver
  let upstream: OtlpReceiver
  let gateway: Running
  let url = ''
  const bodies: string[] = []

  beforeAll(async () => {
    collector = await httpReceiver()
    upstream = await httpReceiver('refusing')
  })
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]()
    await Promise.all([collector[Symbol.asyncDispose](), upstream[Symbol.asyncDispose]()])
  })

  const ask = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<number> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${canaries.key}`,
        'x-some-header': canaries.header,
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await response.text()
    // A list of vectors may hold any characters.
    if (response.status !== 200) bodies.push(text)
    return response.status
  }

  it('are in no log line, span, metric or error, at the level trace, whatever happens [O3]', async () => {
    gateway = start(['serve'], folderWith({ 'embedgate.yaml': config(upstream.url) }), {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    })
    url = (await gateway.line(/listens on (\S+) after/))[1] ?? ''
    const model = 'all-MiniLM-L6-v2'
    const input = canaries.text
    await until(async () => (await ask('/v1/embeddings', { model, input })) === 200)
    await until(async () => (await ask('/v1/embeddings', { model: 'strict', input })) === 200)
    const statuses = [
      await ask('/v1/embeddings', { model, input: [input, ''] }),
      await ask('/v1/embeddings', { model, input, dimensions: canaries.text }),
      await ask('/v1/embeddings', { model, input, encoding_format: canaries.text }),
      await ask('/v1/embeddings', { model: canaries.model, input }),
      await ask('/v1/embeddings', { model: 'failing', input }),
      await ask('/v1/embeddings', { model: 'strict', input: `${canaries.longText} `.repeat(400) }),
      await ask('/v1/embeddings', `{"input": "${canaries.text}`),
      await ask(`/v1/embeddings?q=${canaries.query}`, { model, input }),
      await ask(`/${canaries.path}`, {}),
      await ask('/v1/embeddings', { model, input }, { authorization: `Bearer ${canaries.wrongKey}` }),
      await ask('/v1/embeddings', { model, input }, { 'x-embedgate-expect-space': canaries.header }),
      await ask('/v1/embeddings', { model, input }, { 'x-embedgate-priority': canaries.header }),
      await ask('/v1/embeddings', { model, input }, { traceparent: canaries.header, tracestate: canaries.header }),
      await ask('/v1/embeddings', { model, input }, { 'x-request-id': `${canaries.header} no id` }),
      await ask('/v1/embeddings', canaries.text, { 'content-type': 'text/plain' }),
      await ask('/api/v1/embed', { model, texts: [canaries.text], input_type: canaries.text }),
      await ask('/embed', { inputs: [canaries.text, 7] }),
      await ask('/proxy/remote/rerank', { query: canaries.text }),
    ]
    expect(new Set(statuses)).toEqual(new Set([200, 400, 401, 404, 412, 415, 503]))
    await post(`${url}/v1/embeddings`, {})
    const metrics = await (
      await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${canaries.key}` } })
    ).text()
    await until(() => collector.holds('EG_INPUT_TOO_LONG') && collector.holds('forward'))
    gateway.child.kill('SIGTERM')
    const { out, err } = await gateway.ended
    const spans = collector.exports.map(({ body }) => body.toString()).join('\n')
    // Each place holds what it should: an empty one would show nothing either.
    expect([out.includes('"level":"trace"') || out.includes('"msg":"request"'), spans.includes('gen_ai')]).toEqual([
      true,
      true,
    ])
    expect(metrics).toContain('embedgate_requests_total')
    for (const [place, content] of Object.entries({ out, err, spans, metrics, bodies: bodies.join('\n') })) {
      for (const [name, canary] of Object.entries(canaries)) {
        // The name of a model that is not served is the caller's own, in the answer to that caller.
        if (place === 'bodies' && (name === 'model' || name === 'path')) continue
        const at = content.indexOf(canary)
        expect(at < 0 ? '' : `${place}: ${content.slice(Math.max(0, at - 200), at + 50)}`, name).toBe('')
      }
    }
  })
})
