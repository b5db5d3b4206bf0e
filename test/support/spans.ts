import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import type { SpanMaker } from '../../plugins/tracing/request-spans.ts'

/** Spans that have ended, kept in memory. */
export interface RecordedSpans extends SpanMaker {
  /** In the order of their ends. */
  ended(): readonly ReadableSpan[]
  /** The one of that name. @throws when there is none, or more than one */
  named(name: string): ReadableSpan
  /** Names of spans under their parents', e.g. `{'POST /x': {validate: {}}}`; `#2` is added to a name that a parent has twice. */
  tree(): SpanTree
}

/** Names with what is under them. */
export interface SpanTree {
  readonly [name: string]: SpanTree
}

/** Spans that stay here. @param lightly false: as where the SDK is somebody else's, so that only its tracer makes spans */
export const recordedSpans = (sampler?: Sampler, lightly = true): RecordedSpans => {
  const exporter = new InMemorySpanExporter()
  const processor = new SimpleSpanProcessor(exporter)
  const provider = new NodeTracerProvider({
    spanProcessors: [processor],
    ...(sampler && { sampler }),
  })
  const ended = (): readonly ReadableSpan[] => exporter.getFinishedSpans()
  const under = (parentId: string | undefined): SpanTree => {
    const tree: Record<string, SpanTree> = {}
    for (const span of ended()) {
      if (span.parentSpanContext?.spanId !== parentId) continue
      const { spanId } = span.spanContext()
      let name = span.name
      for (let count = 2; name in tree; count++) name = `${span.name} #${count}`
      tree[name] = under(spanId)
    }
    return tree
  }
  return {
    tracer: provider.getTracer('test'),
    record: lightly ? (span) => processor.onEnd(span) : undefined,
    ended,
    named: (name) => {
      const [span, ...others] = ended().filter((each) => each.name === name)
      if (!span || others.length > 0) throw new Error(`${1 + others.length} spans ${name}`)
      return span
    },
    tree: () => under(undefined),
  }
}
