/** One query of a panel. */
export interface Query {
  /** PromQL, with Grafana's variables in it. */
  readonly expr: string
  /** How its series are called, with their labels: `{{backend}}`. */
  readonly legend: string
}

/** From `value` on the panel shows `colour`. */
export interface Step {
  readonly value: number
  readonly colour: 'green' | 'yellow' | 'orange' | 'red'
}

/** What a number stands for on a panel of states. */
export interface State {
  readonly text: string
  readonly colour: Step['colour']
}

/** One panel, in the words of the people who look at it. */
export interface PanelSpec {
  readonly title: string
  /** What it shows and what to do with it, for somebody who sees it for the first time. */
  readonly description: string
  /** One of Grafana's unit ids: `s`, `reqps`, `percentunit`, `bytes`, `short` ... */
  readonly unit: string
  readonly queries: readonly Query[]
  /** What is below the first step is `base`; green by default. Only where a value is good or bad by itself. */
  readonly steps?: readonly Step[]
  readonly base?: Step['colour']
  /** The alert whose runbook says what to do about it. */
  readonly runbook?: string
  /** Bounds of the axis, where it has natural ones. */
  readonly min?: number
  readonly max?: number
}

/** A panel and how it is drawn. */
export type Panel =
  | (PanelSpec & { readonly drawn: 'number' | 'lines' | 'stack' })
  | (PanelSpec & { readonly drawn: 'states'; readonly states: Readonly<Record<string, State>> })

/** The latest value, large. */
export const number = (spec: PanelSpec): Panel => ({ ...spec, drawn: 'number' })

/** Values over time. */
export const lines = (spec: PanelSpec): Panel => ({ ...spec, drawn: 'lines' })

/** Parts of a whole over time, one on top of the other. */
export const stack = (spec: PanelSpec): Panel => ({ ...spec, drawn: 'stack' })

/** Which state something was in, from when to when. */
export const states = (spec: PanelSpec, mapping: Readonly<Record<string, State>>): Panel => ({
  ...spec,
  drawn: 'states',
  states: mapping,
})

/** Panels that answer one question. */
export interface RowSpec {
  /** The question. */
  readonly title: string
  readonly panels: readonly Panel[]
}

/** A dashboard. */
export interface DashboardSpec {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly rows: readonly RowSpec[]
}
