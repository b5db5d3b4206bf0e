import type { Bound } from '../../gateway/core/meter.ts'

/** Makes one recorder for each combination of label values, and gives the same one when asked again. */
export const bindOnce = <L extends string, Recorder>(
  labels: readonly L[],
  create: (values: Readonly<Record<L, string>>) => Recorder,
): Bound<L, Recorder> => {
  interface Series {
    readonly values: Readonly<Record<L, string>>
    readonly recorder: Recorder
  }
  const all = new Map<string, Series>()
  // What was asked for is mostly asked for again: comparing strings that are the same is cheaper than joining them.
  let latest: Series | undefined

  const seriesOf = (given: Readonly<Record<L, string>>): Series => {
    let id = ''
    for (const label of labels) id += `${given[label]}\n`
    const known = all.get(id)
    if (known !== undefined) return known
    // Only the labels: what is given may carry more, and may be changed by its owner.
    const values = Object.fromEntries(labels.map((label) => [label, given[label]])) as Record<L, string>
    const series = { values, recorder: create(values) }
    all.set(id, series)
    return series
  }
  return (given) => {
    const last = latest
    if (last !== undefined && labels.every((label) => last.values[label] === given[label])) return last.recorder
    latest = seriesOf(given)
    return latest.recorder
  }
}
