/** Something that is due at a time. */
export interface Timer {
  /** Milliseconds on the clock that holds it. */
  readonly atMs: number
  readonly run: () => void
  /** Set by the heap: which of those due at the same time comes first. */
  order: number
  /** Set by the heap: its place, -1 when it is not in it. */
  place: number
}

/** Timers by when they are due; of those due at the same time, the one that was added first. All in logarithmic time. */
export interface TimerHeap {
  readonly size: number
  add(atMs: number, run: () => void): Timer
  /** Takes a timer out; nothing happens when it is not in. */
  remove(timer: Timer): void
  /** The one that is due first, which stays in. */
  first(): Timer | undefined
}

/** A heap without timers. */
export const timerHeap = (): TimerHeap => {
  const timers: Timer[] = []
  let added = 0

  const put = (timer: Timer, place: number): void => {
    timers[place] = timer
    timer.place = place
  }
  const up = (timer: Timer, from: number): void => {
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = timers[above]
      if (parent === undefined || !isBefore(timer, parent)) break
      put(parent, place)
      place = above
    }
    put(timer, place)
  }
  const down = (timer: Timer, from: number): void => {
    let place = from
    for (;;) {
      const left = 2 * place + 1
      const [one, other] = [timers[left], timers[left + 1]]
      const [child, at] = one && other && isBefore(other, one) ? [other, left + 1] : [one, left]
      if (child === undefined || !isBefore(child, timer)) break
      put(child, place)
      place = at
    }
    put(timer, place)
  }

  return {
    get size() {
      return timers.length
    },
    add: (atMs, run) => {
      const timer: Timer = { atMs, run, order: added++, place: -1 }
      up(timer, timers.length)
      return timer
    },
    remove: (timer) => {
      const { place } = timer
      if (place < 0) return
      timer.place = -1
      const last = timers.pop()
      if (last === undefined || last === timer) return
      const above = timers[(place - 1) >> 1]
      if (place > 0 && above !== undefined && isBefore(last, above)) up(last, place)
      else down(last, place)
    },
    first: () => timers[0],
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
