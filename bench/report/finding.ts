/** What one benchmark found. */
export interface Finding {
  /** As on the command line: `G3`, `shutdown`. */
  readonly id: string
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** How it was measured, and what to keep in mind: short sentences. */
  readonly notes: readonly string[]
  /** The raw numbers behind the table. */
  readonly figures: unknown
}
