import type { Clock } from '../../gateway/core/clock.ts'
import { latencyHistogram, percentilesOf, type LatencyHistogram, type Percentiles } from './latency-histogram.ts'

/** What one window, or several together, held. */
export interface TrafficCounts {
  readonly requests: number
  /** Answers of 4xx and callers that left: nothing that the gateway could mend. */
  readonly callerErrors: number
  /** Answers of 5xx. */
  readonly serverErrors: number
  /** Of answers below 400; undefined without any. */
  readonly latency: Percentiles | undefined
  /** Since the first of these windows began. */
  readonly durationMs: number
}

/** Requests as they end, in windows that are closed one after the other. */
export interface Traffic {
  /** One request has ended. Costs no allocation. */
  ended(status: number, durationMs: number): void
  /** Ends the window that runs and begins the next one. */
  closeWindow(): TrafficCounts
  /** The window that runs with those that were closed last: `windows` together, by default all that are kept. */
  recent(windows?: number): TrafficCounts
}

interface Window {
  /** Of the clock; undefined: it never began. */
  beganAtMs: number | undefined
  requests: number
  callerErrors: number
  serverErrors: number
  readonly latency: LatencyHistogram
}

/** No requests yet. Keeps `windows` closed windows, 1.4 KB each. */
export const traffic = (clock: Pick<Clock, 'now'>, windows: number): Traffic => {
  const ring = Array.from({ length: windows + 1 }, newWindow)
  let at = 0
  let running = ring[0] ?? newWindow()
  running.beganAtMs = clock.now()
  return {
    ended: (status, durationMs) => {
      running.requests++
      if (status >= 500) running.serverErrors++
      else if (status >= 400) running.callerErrors++
      else running.latency.record(durationMs)
    },
    closeWindow: () => {
      const closed = sum([running], clock.now())
      at = (at + 1) % ring.length
      running = ring[at] ?? newWindow()
      begin(running, clock.now())
      return closed
    },
    recent: (count = ring.length) => {
      const newest = Array.from({ length: count }, (_, back) => ring.at(at - back) ?? running)
      return sum(newest, clock.now())
    },
  }
}

const newWindow = (): Window => ({
  beganAtMs: undefined,
  requests: 0,
  callerErrors: 0,
  serverErrors: 0,
  latency: latencyHistogram(),
})

const begin = (window: Window, nowMs: number): void => {
  window.beganAtMs = nowMs
  window.requests = 0
  window.callerErrors = 0
  window.serverErrors = 0
  window.latency.clear()
}

const sum = (windows: readonly Window[], nowMs: number): TrafficCounts => ({
  requests: windows.reduce((total, { requests }) => total + requests, 0),
  callerErrors: windows.reduce((total, { callerErrors }) => total + callerErrors, 0),
  serverErrors: windows.reduce((total, { serverErrors }) => total + serverErrors, 0),
  latency: percentilesOf(windows.map(({ latency }) => latency)),
  durationMs: nowMs - Math.min(...windows.map(({ beganAtMs }) => beganAtMs ?? nowMs)),
})
