import { AlwaysOnSampler, ParentBasedSampler, type ReadableSpan } from '@opentelemetry/sdk-trace-node'
import { describe, expect, it } from 'vitest'
import { cpuOnly, post, startGateway, until } from '../../support/gateway.ts'
import { recordedSpans, type RecordedSpans } from '../../support/spans.ts'

const model = 'all-MiniLM-L6-v2'
const newText = (): string => `a text ${Math.random()}`

/** Starts a gateway whose spans stay here. */
const traced = async () => {
  const spans = recordedSpans(new ParentBasedSampler({ root: new AlwaysOnSampler() }))
  const gateway = await startGateway(cpuOnly, { spans })
  return { spans, gateway, [Symbol.asyncDispose]: () => gateway.close() }
}

const served = async (spans: RecordedSpans, requests = 1): Promise<void> =>
  until(() => spans.ended().filter(({ name }) => name === 'POST /v1/embeddings').length === requests)

const idOf = (span: ReadableSpan): string => span.spanContext().spanId
const linked = (span: ReadableSpan): string[] => span.links.map(({ context }) => context.spanId)
const msOf = ([seconds, nanos]: ReadableSpan['startTime']): number => seconds * 1_000 + nanos / 1_000_000

describe('the trace of a request', () => {
  it('goes from HTTP through the worker and back [O2]', async () => {
    await using under = await traced()
    const { spans, gateway } = under
    const answer = await post(`${gateway.url}/v1/embeddings`, { model, input: [newText(), newText()] })
    expect(answer.status).toBe(200)
    await served(spans)
    expect(spans.tree()).toEqual({
      'POST /v1/embeddings': {
        [`embeddings ${model}`]: {
          validate: {},
          'cache.lookup': {},
          'attempt cpu': { tokenize: {}, batch: {}, batch_wait: {}, inference: { forward: {} } },
          respond: {},
        },
      },
    })
    expect(spans.named(`embeddings ${model}`).attributes).toMatchObject({
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.request.model': model,
      'gen_ai.usage.input_tokens': answer.body.usage.prompt_tokens,
      'gen_ai.embeddings.dimension.count': 384,
      backend: 'cpu',
      device: 'cpu',
      cache: 'miss',
    })
    expect(spans.named('forward').attributes).toMatchObject({ rows: 2, pooling: 'mean', normalized: true })
    expect(linked(spans.named('batch_wait'))).toEqual([idOf(spans.named('batch'))])
    expect(spans.named('batch').attributes).toMatchObject({ rows: 2, members: 1 })
  })

  it('has each span inside the time of its parent, whoever measured it', async () => {
    await using under = await traced()
    const { spans, gateway } = under
    await post(`${gateway.url}/v1/embeddings`, { model, input: newText() })
    await served(spans)
    const byId = new Map(spans.ended().map((span) => [idOf(span), span]))
    for (const span of spans.ended()) {
      const parent = byId.get(span.parentSpanContext?.spanId ?? '')
      if (!parent) continue
      expect(msOf(span.startTime), span.name).toBeGreaterThanOrEqual(msOf(parent.startTime) - 0.001)
      expect(msOf(span.endTime), span.name).toBeLessThanOrEqual(msOf(parent.endTime) + 0.001)
    }
  })

  it('links requests that ran in one batch to its one span, and that span to all of them', async () => {
    await using under = await traced()
    const { spans, gateway } = under
    const texts = Array.from({ length: 12 }, newText)
    await Promise.all(texts.map((input) => post(`${gateway.url}/v1/embeddings`, { model, input })))
    await served(spans, texts.length)
    const batches = spans.ended().filter(({ name }) => name === 'batch')
    const waits = spans.ended().filter(({ name }) => name === 'batch_wait')
    expect(batches.some(({ links }) => links.length > 0)).toBe(true)
    expect(waits).toHaveLength(texts.length)
    const members = (batch: ReadableSpan): unknown[] => [batch.parentSpanContext?.spanId, ...linked(batch)]
    expect(batches.flatMap(members)).toHaveLength(texts.length)
    for (const wait of waits) {
      const batch = batches.find((each) => linked(wait).includes(idOf(each)))
      expect(batch && members(batch)).toContain(wait.parentSpanContext?.spanId)
    }
  })

  it('of a cached answer has no try', async () => {
    await using under = await traced()
    const { spans, gateway } = under
    const request = { model, input: newText() }
    await post(`${gateway.url}/v1/embeddings`, request)
    await served(spans)
    const before = spans.ended().length
    await post(`${gateway.url}/v1/embeddings`, request)
    await served(spans, 2)
    const names = spans
      .ended()
      .slice(before)
      .map(({ name }) => name)
    expect(names).toEqual(['validate', 'cache.lookup', 'respond', `embeddings ${model}`, 'POST /v1/embeddings'])
  })

  it("joins a caller's trace, and records nothing of one that the caller does not sample", async () => {
    await using under = await traced()
    const { spans, gateway } = under
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const from = (flags: string) => ({ traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}`, tracestate: 'a=1' })
    await post(`${gateway.url}/v1/embeddings`, { model, input: newText() }, from('00'))
    await post(`${gateway.url}/v1/embeddings`, { model, input: newText() }, from('01'))
    await served(spans)
    expect(new Set(spans.ended().map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]))
    expect(spans.ended().every((span) => span.spanContext().traceState?.get('a') === '1')).toBe(true)
  })

  it('is not made for probes and scrapes', async () => {
    await using under = await traced()
    const { spans, gateway } = under
    for (const path of ['/health', '/health/live', '/metrics']) await fetch(`${gateway.url}${path}`)
    await fetch(`${gateway.url}/v1/models`)
    await until(() => spans.ended().length > 0)
    expect(spans.ended().map(({ name }) => name)).toEqual(['GET /v1/models'])
  })
})
