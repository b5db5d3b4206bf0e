import { startDaemon, type Daemon } from './daemon.ts'
import { installed } from './installed.ts'

/** Jaeger, and where spans are sent to. */
export interface Jaeger extends Daemon {
  readonly otlpUrl: string
}

/** Every listener of Jaeger by name: left out, most would be on all interfaces. The query and OTLP ports are its usual ones. */
const listeners = {
  'collector.otlp.grpc.host-port': '127.0.0.1:4317',
  'collector.otlp.http.host-port': '127.0.0.1:4318',
  'query.http-server.host-port': '127.0.0.1:16686',
  'query.grpc-server.host-port': '127.0.0.1:16685',
  'collector.grpc-server.host-port': '127.0.0.1:14250',
  'collector.http-server.host-port': '127.0.0.1:14268',
  'admin.http.host-port': '127.0.0.1:14269',
  'processor.jaeger-compact.server-host-port': '127.0.0.1:6831',
  'processor.jaeger-binary.server-host-port': '127.0.0.1:6832',
  'processor.zipkin-compact.server-host-port': '127.0.0.1:5775',
  'http-server.host-port': '127.0.0.1:5778',
}

/** Starts Jaeger, which keeps its traces in memory; undefined where it is not installed. */
export const startJaeger = async (folder: string): Promise<Jaeger | undefined> => {
  const command = installed('jaeger-all-in-one', 'all-in-one')
  if (command === undefined) return undefined
  const daemon = await startDaemon({
    name: 'jaeger',
    command,
    args: Object.entries(listeners).map(([name, address]) => `--${name}=${address}`),
    url: 'http://127.0.0.1:16686',
    readyPath: '/api/services',
    folder,
  })
  return { ...daemon, otlpUrl: 'http://127.0.0.1:4318' }
}
