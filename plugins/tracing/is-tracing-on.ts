/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Whether OpenTelemetry's variables ask for traces: exactly when an endpoint is named, and nothing switches it off again. */
export const isTracingOn = (env: Environment): boolean =>
  Boolean(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT']) &&
  env['OTEL_SDK_DISABLED']?.toLowerCase() !== 'true' &&
  env['OTEL_TRACES_EXPORTER'] !== 'none'
