import { percentile } from '../measure/statistics.ts'
import type { LoadReport } from './plan.ts'

/** Collects what the requests of a run did. */
export interface Recorder {
  answered(latencyMs: number, texts: number, tokens: number): void
  failed(error: unknown): void
  late(byMs: number): void
  report(seconds: number): LoadReport
}

/** An empty record. */
export const recorder = (): Recorder => {
  const latencies: number[] = []
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
    failed: (error) => {
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
      latencyMs: {
        p50: percentile(latencies, 0.5),
        p95: percentile(latencies, 0.95),
        p99: percentile(latencies, 0.99),
        max: percentile(latencies, 1),
      },
      lateMsP99: lateness.length === 0 ? 0 : percentile(lateness, 0.99),
    }),
  }
}

const nameOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'error'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
