import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { until } from '../../support/gateway.ts'

/** A running Jaeger. */
export interface Jaeger extends AsyncDisposable {
  /** Where it takes OTLP by gRPC, and by HTTP. */
  readonly grpcUrl: string
  readonly httpUrl: string
  /** The spans of a service's only trace; empty while there is none. */
  spans(service: string): Promise<readonly JaegerSpan[]>
}

/** A span as Jaeger's query API gives it. */
export interface JaegerSpan {
  readonly traceID: string
  readonly spanID: string
  readonly operationName: string
  readonly references: readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[]
  readonly tags: readonly { readonly key: string; readonly value: unknown }[]
}

/** Starts the Jaeger that the variable JAEGER names, with every listener on loopback. */
export const startJaeger = async (): Promise<Jaeger> => {
  const program = process.env['JAEGER']
  if (program === undefined) throw new Error('JAEGER must name the all-in-one program: use test/stack/tracing/run')
  const [grpc, http, query, admin, ...others] = await freePorts(10)
  const listeners = [
    ['collector.otlp.grpc.host-port', grpc],
    ['collector.otlp.http.host-port', http],
    ['query.http-server.host-port', query],
    ['admin.http.host-port', admin],
    ['query.grpc-server.host-port', others[0]],
    ['collector.grpc-server.host-port', others[1]],
    ['collector.http-server.host-port', others[2]],
    ['processor.jaeger-compact.server-host-port', others[3]],
    ['processor.jaeger-binary.server-host-port', others[4]],
    ['processor.zipkin-compact.server-host-port', others[5]],
    ['http-server.host-port', 0],
  ].map(([flag, port]) => `--${flag}=127.0.0.1:${port}`)
  const child = spawn(program, listeners, { stdio: 'ignore' })
  const queryUrl = `http://127.0.0.1:${query}`
  const answers = (): Promise<boolean> =>
    fetch(`${queryUrl}/api/services`).then(
      ({ ok }) => ok,
      () => false,
    )
  await until(answers)
  return {
    grpcUrl: `http://127.0.0.1:${grpc}`,
    httpUrl: `http://127.0.0.1:${http}`,
    spans: async (service) => {
      const response = await fetch(`${queryUrl}/api/traces?service=${service}`)
      const { data } = (await response.json()) as { data: { spans: JaegerSpan[] }[] | null }
      return data?.[0]?.spans ?? []
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
