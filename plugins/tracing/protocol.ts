import type { Environment } from './is-tracing-on.ts'

/** How spans travel. */
export type Protocol = 'grpc' | 'http/protobuf' | 'http/json'

const protocols: readonly string[] = ['grpc', 'http/protobuf', 'http/json'] satisfies readonly Protocol[]

/** The port that is gRPC's alone, so that no other protocol can be meant. Endpoints of gRPC may have no scheme. */
const grpcPort = /:4317(?:\/|$)/

/**
 * The protocol that the standard variables name. Without a name it is `http/protobuf`, as the specification says, except on
 * gRPC's own port.
 *
 * @param onWrong told, in words, of what cannot be right
 */
export const protocolOf = (env: Environment, onWrong: (why: string) => void): Protocol => {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'] || ''
  const named = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL'] || undefined
  const isKnown = named !== undefined && isProtocol(named)
  if (named !== undefined && !isKnown)
    onWrong(`OTEL_EXPORTER_OTLP_PROTOCOL=${named} is none of ${protocols.join(', ')}`)
  const protocol = isKnown ? named : grpcPort.test(endpoint) ? 'grpc' : 'http/protobuf'
  if (protocol !== 'grpc' && !/^https?:\/\/./.test(endpoint))
    onWrong('OTEL_EXPORTER_OTLP_ENDPOINT does not begin with http:// or https://, so nothing can be sent there')
  return protocol
}

const isProtocol = (name: string): name is Protocol => protocols.includes(name)
