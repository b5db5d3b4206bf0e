import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folderWith, start } from '../../integration/cli/program.ts'
import { post, until, untilReady } from '../../support/gateway.ts'
import { startJaeger, type Jaeger, type JaegerSpan } from './jaeger.ts'

const model = 'all-MiniLM-L6-v2'
const config = `server: { port: 0, shutdownDelayMs: 1 }`

/** Each span with the name of what it is inside. */
const inside = (spans: readonly JaegerSpan[]): string[] =>
  spans
    .map(({ operationName, references }) => {
      const parent = references.find(({ refType }) => refType === 'CHILD_OF')
      const name = spans.find(({ spanID }) => spanID === parent?.spanID)?.operationName ?? 'the caller'
      return `${name} > ${operationName}`
    })
    .sort()

const tagsOf = (spans: readonly JaegerSpan[], name: string): Record<string, unknown> =>
  Object.fromEntries(
    spans.find(({ operationName }) => operationName === name)?.tags.map(({ key, value }) => [key, value]) ?? [],
  )

describe('a request in Jaeger', () => {
  let jaeger: Jaeger
  beforeAll(async () => void (jaeger = await startJaeger()))
  afterAll(() => jaeger[Symbol.asyncDispose]())

  it.each([
    ['grpc', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['http/protobuf', '5bf92f3577b34da6a3ce929d0e0e4736'],
    ['http/json', '6bf92f3577b34da6a3ce929d0e0e4736'],
  ])('shows its whole trace, sent by %s [O2]', async (protocol, callersTrace) => {
    const service = `embedgate-${protocol.replace('/', '-')}`
    await using gateway = start(['serve'], folderWith({ 'embedgate.yaml': config }), {
      OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? jaeger.grpcUrl : jaeger.httpUrl,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_SERVICE_NAME: service,
      OTEL_BSP_SCHEDULE_DELAY: '100',
    })
    const [, url = ''] = await gateway.line(/listens on (\S+) after/)
    await untilReady(url)
    const traceparent = `00-${callersTrace}-00f067aa0ba902b7-01`
    const request = { model, input: ['a first text', 'a second, longer text'] }
    expect((await post(`${url}/v1/embeddings`, request, { traceparent })).status).toBe(200)
    const expected = [
      'the caller > POST /v1/embeddings',
      `POST /v1/embeddings > embeddings ${model}`,
      `embeddings ${model} > validate`,
      `embeddings ${model} > cache.lookup`,
      `embeddings ${model} > attempt cpu`,
      'attempt cpu > tokenize',
      'attempt cpu > batch',
      'attempt cpu > batch_wait',
      'attempt cpu > inference',
      'inference > forward',
      `embeddings ${model} > respond`,
    ].sort()
    await until(async () => (await jaeger.spans(service)).length >= expected.length)
    const spans = await jaeger.spans(service)
    expect(inside(spans)).toEqual(expected)
    expect(new Set(spans.map(({ traceID }) => traceID))).toEqual(new Set([callersTrace]))
    expect(tagsOf(spans, `embeddings ${model}`)).toMatchObject({
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.request.model': model,
      backend: 'cpu',
    })
    expect(tagsOf(spans, 'forward')).toMatchObject({ rows: 2, pooling: 'mean' })
    const wait = spans.find(({ operationName }) => operationName === 'batch_wait')
    const batch = spans.find(({ operationName }) => operationName === 'batch')
    expect(wait?.references.map(({ spanID }) => spanID)).toContain(batch?.spanID)
    expect(JSON.stringify(spans)).not.toMatch(/first text|longer text/)
  })
})
