import type * as cog from '@grafana/grafana-foundation-sdk/cog'
import { AnnotationQueryBuilder, type AnnotationQuery } from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { here, ofBackend } from '../selectors.ts'
import { source } from './source.ts'

/** An event that every dashboard marks. */
export interface Marked {
  readonly name: string
  readonly colour: string
  /** Has a value where it has just happened. */
  readonly expr: string
  readonly title: string
}

/** A breaker stays open for longer than a scrape interval, so its gauge shows every trip; a restart changes the start time. */
export const marked: readonly Marked[] = [
  {
    name: 'Breakers',
    colour: 'orange',
    expr: `changes(embedgate_circuit_breaker_state{${ofBackend}}[1m]) > 0`,
    title: 'breaker of {{backend}}/{{replica}} on {{instance}} changed',
  },
  {
    name: 'Restarts',
    colour: 'purple',
    expr: `changes(process_start_time_seconds{job="embedgate", ${here}}[1m]) > 0`,
    title: '{{instance}} was started again',
  },
]

/** The marks as Grafana reads them. */
export const annotations = (): cog.Builder<AnnotationQuery>[] =>
  marked.map(({ name, colour, expr, title }) =>
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(source)
      .enable(true)
      .iconColor(colour)
      .target(new DataqueryBuilder().expr(expr).refId('Anno').interval('1m'))
      .titleFormat(title),
  )
