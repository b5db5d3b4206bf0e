import type { Clock } from '../../gateway/core/clock.ts'

/** Time that passes as fast as what happens in it can be computed. */
export interface SimulatedTime extends Clock {
  /** Lets `ms` pass. */
  pass(ms: number): Promise<void>
}

interface Timer {
  readonly atMs: number
  readonly run: () => void
  isCancelled: boolean
}

/** Like the fake clock, for many thousand timers: they are kept in a heap. */
export const simulatedTime = (): SimulatedTime => {
  const heap: Timer[] = []
  let nowMs = 0
  const before = (a: number, b: number): boolean => (heap[a]?.atMs ?? Infinity) < (heap[b]?.atMs ?? Infinity)
  const swap = (a: number, b: number): void => {
    const [one, other] = [heap[a], heap[b]]
    if (one && other) [heap[a], heap[b]] = [other, one]
  }
  const push = (timer: Timer): void => {
    heap.push(timer)
    for (let at = heap.length - 1; at > 0 && before(at, (at - 1) >> 1); at = (at - 1) >> 1) swap(at, (at - 1) >> 1)
  }
  const pop = (): Timer | undefined => {
    swap(0, heap.length - 1)
    const first = heap.pop()
    for (let at = 0; ;) {
      const child = before(2 * at + 2, 2 * at + 1) ? 2 * at + 2 : 2 * at + 1
      if (!before(child, at)) return first
      swap(at, child)
      at = child
    }
  }
  return {
    now: () => nowMs,
    wallNow: () => nowMs,
    after: (delayMs, run) => {
      const timer = { atMs: nowMs + delayMs, run, isCancelled: false }
      push(timer)
      return () => {
        timer.isCancelled = true
      }
    },
    async pass(ms) {
      const untilMs = nowMs + ms
      while ((heap[0]?.atMs ?? Infinity) <= untilMs) {
        const timer = pop()
        if (!timer || timer.isCancelled) continue
        nowMs = timer.atMs
        timer.run()
        await new Promise((resolve) => setImmediate(resolve))
      }
      nowMs = untilMs
    },
  }
}
