import type { Link } from '@opentelemetry/api'
import { parentSpanOf } from '../../gateway/core/traceparent.ts'

/** A link to the span that a `traceparent` names, to be flattened: none when it names none. */
export const linkTo = (traceparent: string): Link[] => {
  const context = parentSpanOf(traceparent)
  return context ? [{ context }] : []
}
