import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { post, until, untilReady } from '../../support/gateway.ts'
import { grpcReceiver, httpReceiver, type OtlpReceiver } from '../../support/otlp-receiver.ts'
import { folderWith, start } from './program.ts'

const config = `
server: { port: 0, shutdownDelayMs: 1 }
backends: { fake: { kind: synthetic } }
models: { fake: { chain: [fake] } }
`
const listening = /listens on (http:\/\/127\.0\.0\.1:\d+) after/
const names = ['POST /v1/embeddings', 'embeddings fake', 'validate', 'cache.lookup', 'attempt fake', 'respond']

/** A gateway that serves, with these variables of OpenTelemetry. */
const serving = async (env: Readonly<Record<string, string>>) => {
  const running = start(['serve'], folderWith({ 'embedgate.yaml': config }), env)
  const [, url = ''] = await running.line(listening)
  await untilReady(url)
  const ask = (input: string, headers = {}) => post(`${url}/v1/embeddings`, { model: 'fake', input }, headers)
  return { ...running, url, ask }
}

const to = ({ url }: OtlpReceiver, more: Readonly<Record<string, string>> = {}) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_BSP_SCHEDULE_DELAY: '50',
  ...more,
})

describe('tracing by the variables of OpenTelemetry', { timeout: 60_000 }, () => {
  it.each([
    ['http/protobuf', '/v1/traces', 'application/x-protobuf'],
    ['http/json', '/v1/traces', 'application/json'],
    ['grpc', '/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'application/grpc'],
  ])('sends the spans of a request by %s', async (protocol, path, type) => {
    await using receiver = await (protocol === 'grpc' ? grpcReceiver() : httpReceiver())
    await using gateway = await serving(
      to(receiver, {
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-of=tests',
        OTEL_SERVICE_NAME: 'my-gateway',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging',
      }),
    )
    await gateway.ask('a text')
    await until(() => receiver.holds('POST /v1/embeddings'))
    for (const text of [...names, 'my-gateway', 'staging', 'service.version'])
      expect(receiver.holds(text), text).toBe(true)
    expect(receiver.exports[0]).toMatchObject({ path, headers: { 'x-of': 'tests' } })
    expect(String(receiver.exports[0]?.headers['content-type'])).toContain(type)
  })

  it('speaks http/protobuf and names itself embedgate unless told otherwise', async () => {
    await using receiver = await httpReceiver()
    await using gateway = await serving(to(receiver))
    await gateway.ask('a text')
    await until(() => receiver.holds('respond'))
    expect(receiver.exports[0]?.headers['content-type']).toBe('application/x-protobuf')
    expect(receiver.holds('embedgate')).toBe(true)
  })

  it('samples by a ratio, and follows the caller whatever the ratio', async () => {
    await using receiver = await httpReceiver()
    await using gateway = await serving(to(receiver, { OTEL_TRACES_SAMPLER_ARG: '0' }))
    await gateway.ask('not sampled')
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    await gateway.ask('sampled', { traceparent: `00-${traceId}-00f067aa0ba902b7-01` })
    await until(() => receiver.exports.length > 0)
    await pause(200)
    const sent = Buffer.concat(receiver.exports.map(({ body }) => body))
    expect(sent.toString('latin1').split('POST /v1/embeddings')).toHaveLength(2)
    expect(sent.includes(Buffer.from(traceId, 'hex'))).toBe(true)
  })

  it('sends what waits when it is stopped', async () => {
    await using receiver = await httpReceiver()
    await using gateway = await serving(to(receiver, { OTEL_BSP_SCHEDULE_DELAY: '600000' }))
    await gateway.ask('a text')
    gateway.child.kill('SIGTERM')
    expect((await gateway.ended).code).toBe(0)
    expect(receiver.holds('POST /v1/embeddings')).toBe(true)
  })

  it.each(['refusing', 'silent'] as const)('stops in time, and exits 0, where the endpoint is %s', async (mood) => {
    await using receiver = await httpReceiver(mood)
    const patient = { OTEL_EXPORTER_OTLP_TIMEOUT: '600000', OTEL_BSP_EXPORT_TIMEOUT: '600000' }
    await using gateway = await serving(to(receiver, patient))
    await gateway.ask('a text')
    await until(() => receiver.exports.length > 0)
    gateway.child.kill('SIGTERM')
    const { code, out } = await gateway.ended
    expect([code, out.includes('tracing: the last spans could not be sent')]).toEqual([0, true])
  })

  it('says once that spans cannot be sent, serves on, and sends again when the endpoint is back', async () => {
    const { url } = await httpReceiver().then(async (gone) => {
      await gone[Symbol.asyncDispose]()
      return gone
    })
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_EXPORTER_OTLP_TIMEOUT: '300' }
    await using gateway = await serving(env)
    for (let count = 0; count < 5; count++) {
      expect((await gateway.ask(`text ${count}`)).status).toBe(200)
      await pause(200)
    }
    await gateway.line(/tracing: spans may be missing/)
    await using receiver = await httpReceiver('ok', Number(new URL(url).port))
    await until(async () => {
      await gateway.ask(`text ${Math.random()}`)
      return receiver.holds('POST /v1/embeddings')
    })
    gateway.child.kill('SIGTERM')
    expect((await gateway.ended).out.split('spans may be missing')).toHaveLength(2)
  })

  it.each([
    { OTEL_TRACES_SAMPLER: 'sometimes' },
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: 'half' },
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'carrier-pigeon' },
    { OTEL_EXPORTER_OTLP_TIMEOUT: 'soon' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'no url' },
  ])('warns of %j, and serves', async (bad) => {
    await using receiver = await httpReceiver()
    await using gateway = await serving(to(receiver, bad))
    expect((await gateway.ask('a text')).status).toBe(200)
    await gateway.line(/"level":"warn".*tracing: a setting is not used as it is/)
  })

  it('warns of each of several values that are wrong', async () => {
    const bad = {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'pigeon',
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_TRACES_EXPORTER: 'console',
    }
    await using receiver = await httpReceiver()
    await using gateway = await serving(to(receiver, bad))
    for (const value of ['pigeon', 'sometimes', 'console'])
      await gateway.line(new RegExp(`"level":"warn".*${value}.*tracing: a setting is not used as it is`))
  })

  it('keeps limits of what spans may hold', async () => {
    await using receiver = await httpReceiver()
    await using gateway = await serving(to(receiver, { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3' }))
    await gateway.ask('a text')
    await until(() => receiver.holds('attempt fake'))
    expect([receiver.holds('gen_ai.operation.name'), receiver.holds('embeddings fake')]).toEqual([true, true])
    expect(receiver.holds('success')).toBe(false)
  })

  it.each([
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_EXPORTER: 'none' },
    // On Node 26 the module log of a busy machine has been seen empty, which says nothing either way.
  ])('loads nothing of OpenTelemetry with %j', { retry: 2 }, async (env) => {
    await using gateway = await serving({ ...env, NODE_DEBUG: 'module,esm' })
    expect((await gateway.ask('a text')).status).toBe(200)
    gateway.child.kill('SIGTERM')
    const { out, err } = await gateway.ended
    const loads = (name: RegExp): boolean => name.test(`${out}${err}`)
    // prom-client loads the API, which does nothing by itself.
    const isOn = loads(/node_modules\/@opentelemetry\/(?!api\/)|plugins\/tracing\/sdk/)
    expect([loads(/node_modules\/fastify\//), isOn]).toEqual([true, false])
  })
})
