import type { Bound } from '../../gateway/core/meter.ts'

/** Makes one recorder for each combination of label values, and gives the same one when asked again. */
export const bindOnce = <L extends string, Recorder>(
  labels: readonly L[],
  create: (values: Readonly<Record<L, string>>) => Recorder,
): Bound<L, Recorder> => {
  const recorders = new Map<string, Recorder>()
  return (values) => {
    let id = ''
    for (const label of labels) id += `${values[label]}\n`
    const known = recorders.get(id)
    if (known !== undefined) return known
    // Only the labels: what is passed may carry more, and may be changed by its owner.
    const recorder = create(Object.fromEntries(labels.map((label) => [label, values[label]])) as Record<L, string>)
    recorders.set(id, recorder)
    return recorder
  }
}
