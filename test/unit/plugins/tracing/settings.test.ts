import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { noLog } from '../../../../gateway/core/log.ts'
import { complaintsTo } from '../../../../plugins/tracing/complaints.ts'
import { isTracingOn } from '../../../../plugins/tracing/is-tracing-on.ts'
import { protocolOf } from '../../../../plugins/tracing/protocol.ts'

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

describe('tracing', () => {
  it.each([
    [{}, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
    [{ OTEL_SERVICE_NAME: 'x', OTEL_TRACES_SAMPLER: 'always_on' }, false],
    [endpoint, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }, true],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }, false],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'false' }, true],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, false],
  ])('with %j is on: %s', (env, isOn) => {
    expect(isTracingOn(env)).toBe(isOn)
  })
})

describe('protocolOf', () => {
  it.each([
    [endpoint, 'http/protobuf'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' }, 'grpc'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, 'http/json'],
    [{ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'grpc'],
    [
      { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' },
      'http/json',
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317' }, 'grpc'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317/' }, 'grpc'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:43170' }, 'http/protobuf'],
  ])('is of %j %s', (env, protocol) => {
    expect(protocolOf(env, (name) => expect.unreachable(name))).toBe(protocol)
  })

  it.each(['localhost:4318', 'no url', 'collector'])('says that nothing can be sent to %s', (address) => {
    const wrong: string[] = []
    protocolOf({ OTEL_EXPORTER_OTLP_ENDPOINT: address }, (why) => wrong.push(why))
    expect(wrong).toEqual([expect.stringContaining('does not begin with http:// or https://')])
  })

  it('tells of a name that is none, and goes by the port', () => {
    const unknown: string[] = []
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'pigeon' }
    expect(protocolOf(env, (name) => unknown.push(name))).toBe('grpc')
    expect(unknown).toEqual([expect.stringContaining('=pigeon is none of grpc, http/protobuf, http/json')])
  })
})

describe("the SDK's complaints", () => {
  const setUp = () => {
    const clock = fakeClock()
    const lines: object[] = []
    const complaints = complaintsTo(
      { ...noLog, warn: (fields, message) => void lines.push({ ...fields, message }) },
      clock,
    )
    return { clock, lines, complaints }
  }
  const lost = 'tracing: spans may be missing where they are sent to'
  const unused = 'tracing: a setting is not used as it is'

  it('are each told of while settings are read', () => {
    const { lines, complaints } = setUp()
    complaints.warn('a sampler that is none')
    complaints.setting('a protocol that is none')
    expect(lines).toEqual([
      { reason: 'a sampler that is none', message: unused },
      { reason: 'a protocol that is none', message: unused },
    ])
  })

  it('are one line a minute for each reason, with the number of those left out', async () => {
    const { clock, lines, complaints } = setUp()
    complaints.started()
    for (const text of ['refused', 'refused', 'Dropped 3 spans', 'Dropped 27 spans']) complaints.error(text)
    await clock.advance(60_000)
    complaints.warn('refused')
    expect(lines).toEqual([
      { reason: 'refused', message: lost },
      { reason: 'Dropped 3 spans', message: lost },
      { reason: 'refused', message: lost, suppressed: 1 },
    ])
  })

  it('show of an exception what it says, and never what a server answered or a password', () => {
    const { lines, complaints } = setUp()
    const exception = {
      stack: 'Error: at x',
      message: 'connect to http://me:secret@host',
      code: 'ECONNREFUSED',
      data: 'secret',
    }
    complaints.error(JSON.stringify(exception))
    expect(lines).toMatchObject([{ reason: 'connect to http://[redacted]@host, ECONNREFUSED' }])
  })

  it('are short, and stay out of the log where they are no more than news', () => {
    const { lines, complaints } = setUp()
    complaints.debug('x')
    complaints.info('x')
    complaints.verbose('x')
    complaints.error(`{${'x'.repeat(1_000)}`)
    expect(JSON.stringify(lines).length).toBeLessThan(400)
    expect(lines).toHaveLength(1)
  })
})
