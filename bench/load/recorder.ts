import { percentile } from '../measure/statistics.ts'
import type { LoadReport, Percentiles } from './plan.ts'

/** Collects what the requests of a run did. */
export interface Recorder {
  answered(latencyMs: number, texts: number, tokens: number): void
  /** @param latencyMs until it was known; undefined when nothing was sent */
  failed(error: unknown, latencyMs?: number): void
  late(byMs: number): void
  report(seconds: number): LoadReport
}

/** An empty record. */
export const recorder = (): Recorder => {
  const latencies: number[] = []
  const failureLatencies: number[] = []
  const lateness: number[] = []
  const errors: Record<string, number> = {}
  let texts = 0
  let tokens = 0
  return {
    answered: (latencyMs, textCount, tokenCount) => {
      latencies.push(latencyMs)
      texts += textCount
      tokens += tokenCount
    },
    failed: (error, latencyMs) => {
      if (latencyMs !== undefined) failureLatencies.push(latencyMs)
      const name = nameOf(error)
      errors[name] = (errors[name] ?? 0) + 1
    },
    late: (byMs) => void lateness.push(byMs),
    report: (seconds) => ({
      seconds,
      requests: latencies.length,
      texts,
      tokens,
      errors,
      latencyMs: percentilesOf(latencies),
      ...(failureLatencies.length > 0 && { failedAfterMs: percentilesOf(failureLatencies) }),
      lateMsP99: lateness.length === 0 ? 0 : percentile(lateness, 0.99),
    }),
  }
}

const percentilesOf = (values: number[]): Percentiles => ({
  p50: percentile(values, 0.5),
  p95: percentile(values, 0.95),
  p99: percentile(values, 0.99),
  max: percentile(values, 1),
})

const nameOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'error'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
