import fp from 'fastify-plugin'
import { isProbeRoute } from '../../gateway/core/probe-route.ts'
import { type Environment, isTracingOn } from './is-tracing-on.ts'
import type { SpanMaker } from './request-spans.ts'
import type { Tracing } from './sdk.ts'

/** Where spans go. */
export interface TracingOptions {
  /** The variables of OpenTelemetry that switch tracing on; those of the process by default. */
  readonly env?: Environment
  /** Makes the spans, instead of what the variables say; for tests. */
  readonly spans?: SpanMaker
}

/**
 * Records requests as OpenTelemetry spans, exactly when `OTEL_EXPORTER_OTLP_ENDPOINT` is set; otherwise nothing of
 * OpenTelemetry is loaded. A request's span is carried by its call: nothing is looked up in asynchronous context.
 */
export default fp<TracingOptions>(
  async (app, { env = process.env, spans }) => {
    app.decorateRequest('trace', null)
    if (!spans && !isTracingOn(env)) return

    const [{ startTracing }, { requestSpans }, { traceRequest }, { traceTry }] = await Promise.all([
      import('./sdk.ts'),
      import('./request-spans.ts'),
      import('./trace-request.ts'),
      import('./trace-try.ts'),
    ])
    const tracing: SpanMaker & Partial<Tracing> = spans ?? (await startTracing(env, app.log, app.clock))
    app.addHook('onClose', async () => tracing.close?.())
    const requests = requestSpans(tracing, app.clock)
    app.chain.fill('request.observe', traceRequest(requests))
    app.chain.fill('try.observe', traceTry())

    app.addHook('onRequest', (request, _reply, done) => {
      const { id, method, headers } = request
      const route = request.routeOptions.url
      if (!isProbeRoute(route)) request.trace = requests.begin({ id, method, route, headers }) ?? null
      done()
    })
    app.observeRequests({ end: (request) => requests.end(request) })
    app.addHook('preHandler', ({ trace }, _reply, done) => {
      const open = trace?.span && requests.openOf(trace.span)
      if (open) open.handledAtMs = app.clock.now()
      done()
    })
  },
  { name: 'tracing', dependencies: ['chain', 'requests'] },
)
