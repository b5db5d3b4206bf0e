/** Columns of numbers over time, the oldest first; null where there was nothing to measure. */
export type SeriesColumns<Column extends string> = Readonly<Record<Column | 'timesMs', readonly (number | null)[]>>

/** What was sampled lately: as many samples as it was made for, then the oldest ones go. */
export interface Series<Column extends string> {
  /** Adds a sample; a column that is undefined has none. */
  push(timeMs: number, sample: Readonly<Record<Column, number | undefined>>): void
  columns(): SeriesColumns<Column>
}

/** No samples yet; 8 bytes for each that it may hold. */
export const series = <Column extends string>(names: readonly Column[], length: number): Series<Column> => {
  const times = new Float64Array(length)
  const rings = new Map(names.map((name) => [name, new Float64Array(length)]))
  let pushed = 0

  const inOrder = (ring: Float64Array): (number | null)[] => {
    const kept = Math.min(pushed, length)
    return Array.from({ length: kept }, (_, index) => {
      const value = ring[(pushed - kept + index) % length] ?? Number.NaN
      return Number.isNaN(value) ? null : value
    })
  }
  return {
    push: (timeMs, sample) => {
      const at = pushed % length
      times[at] = timeMs
      for (const [name, ring] of rings) ring[at] = sample[name] ?? Number.NaN
      pushed++
    },
    columns: () => {
      const columns: Partial<Record<string, readonly (number | null)[]>> = { timesMs: inOrder(times) }
      for (const [name, ring] of rings) columns[name] = inOrder(ring)
      return columns as SeriesColumns<Column>
    },
  }
}
