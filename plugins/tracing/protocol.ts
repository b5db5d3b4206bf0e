import type { Environment } from './is-tracing-on.ts'

/** How spans travel. */
export type Protocol = 'grpc' | 'http/protobuf' | 'http/json'

const protocols: readonly string[] = ['grpc', 'http/protobuf', 'http/json'] satisfies readonly Protocol[]

/** The port that is gRPC's alone, so that no other protocol can be meant. */
const grpcPort = '4317'

/**
 * The protocol that the standard variables name. Without a name it is `http/protobuf`, as the specification says, except on
 * gRPC's own port.
 *
 * @param onUnknown told of a name that is none
 */
export const protocolOf = (env: Environment, onUnknown: (name: string) => void): Protocol => {
  const named = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL'] || undefined
  if (named !== undefined && isProtocol(named)) return named
  if (named !== undefined) onUnknown(named)
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'] || ''
  return URL.canParse(endpoint) && new URL(endpoint).port === grpcPort ? 'grpc' : 'http/protobuf'
}

const isProtocol = (name: string): name is Protocol => protocols.includes(name)
