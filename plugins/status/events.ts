import type { Clock } from '../../gateway/core/clock.ts'

/** What happened: a breaker or a replica changed its state, a worker ended, an operator drained, or a lower tier answered. */
export interface Happening {
  readonly kind: 'breaker' | 'replica' | 'worker' | 'drain' | 'degraded'
  /** The backend; for `degraded` the model. */
  readonly subject: string
  /** For breakers and replicas of a backend that has several. */
  readonly replica?: number
  /** A state; for `degraded` the tier that was lost. */
  readonly from: string
  /** A state; for `degraded` the tier that answered. */
  readonly to: string
  readonly reason?: string
}

/** A happening, and how often it came again without a longer break. */
export interface StatusEvent extends Happening {
  /** Wall-clock milliseconds. */
  readonly firstAtMs: number
  readonly lastAtMs: number
  readonly count: number
}

/** What happened lately. */
export interface Events {
  note(happening: Happening): void
  /** Newest first. */
  list(): readonly StatusEvent[]
}

interface Kept extends StatusEvent {
  lastAtMs: number
  count: number
}

/** Degraded answers further apart than this are told as two happenings. */
const sameForMs = 60_000

/** The last `most` happenings. Degraded answers come with every request: those of one cause and time are one. */
export const events = (clock: Clock, most: number): Events => {
  const kept: Kept[] = []
  const latest = new Map<string, Kept>()
  const add = (happening: Happening): Kept => {
    const nowMs = clock.wallNow()
    const event = { ...happening, firstAtMs: nowMs, lastAtMs: nowMs, count: 1 }
    kept.push(event)
    if (kept.length > most) {
      const gone = kept.shift()
      if (gone && latest.get(idOf(gone)) === gone) latest.delete(idOf(gone))
    }
    return event
  }
  return {
    note: (happening) => {
      const known = happening.kind === 'degraded' ? latest.get(idOf(happening)) : undefined
      const nowMs = clock.wallNow()
      if (known !== undefined && nowMs - known.lastAtMs <= sameForMs) {
        known.count++
        known.lastAtMs = nowMs
      } else if (happening.kind === 'degraded') latest.set(idOf(happening), add(happening))
      else add(happening)
    },
    list: () => kept.toSorted((a, b) => b.lastAtMs - a.lastAtMs || b.firstAtMs - a.firstAtMs),
  }
}

const idOf = ({ subject, from, to, reason }: Happening): string => `${subject}\n${from}\n${to}\n${reason ?? ''}`
