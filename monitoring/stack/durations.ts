/** Milliseconds that `5m` or `1h30m` stands for, as Prometheus writes durations. */
export const readDuration = (text: string): number => {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d|w)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) throw new Error(`${text} is no duration`)
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitMs[unit] ?? 0), 0)
}

/** The same, written. */
export const writeDuration = (ms: number): string => `${Math.round(ms)}ms`

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
