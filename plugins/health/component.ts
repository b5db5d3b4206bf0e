import type { Cancel, Clock } from '../../gateway/core/clock.ts'

/** What a component says of itself. */
export interface ComponentHealth {
  readonly ok: boolean
  /** For people: what is wrong, or what it stands on. */
  readonly detail?: string
  /** Small, without texts or keys. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** A part of the gateway that can say how it is. */
export interface HealthComponent {
  readonly name: string
  /** Whether the gateway is unready while this is not ok. */
  readonly ready: boolean
  /** Asked at most every 5 s; an answer that takes longer than 1 s counts as not ok. Must stop when `signal` aborts. */
  check(signal: AbortSignal): ComponentHealth | Promise<ComponentHealth>
}

/** A component's last answer, asked again when it is too old. */
export interface CachedCheck {
  /** An answer that is not too old. Never rejects and takes no longer than 1 s. */
  readonly fresh: () => Promise<ComponentHealth>
  /** The last answer, whatever its age: one that is too old is asked again meanwhile. Undefined before the first. */
  readonly latest: () => ComponentHealth | undefined
}

/** [R3], [O4]. */
const checkTimeoutMs = 1000
const okForMs = 5000
/** A bad answer is asked again soon, so that the gateway is ready as soon as it can be. */
const notOkForMs = 500

/** Asks a component, one question at a time, and keeps the answer: a good one for 5 s, a bad one for half a second. */
export const cachedCheck = (component: HealthComponent, clock: Clock): CachedCheck => {
  let last: { readonly health: ComponentHealth; readonly untilMs: number } | undefined
  let running: Promise<ComponentHealth> | undefined
  const keep = (health: ComponentHealth, askedAtMs: number): ComponentHealth => {
    last = { health, untilMs: askedAtMs + (health.ok ? okForMs : notOkForMs) }
    return health
  }
  const ask = (): ComponentHealth | Promise<ComponentHealth> => {
    const askedAtMs = clock.now()
    const controller = new AbortController()
    const answer = answerOf(component, controller.signal)
    if (!('then' in answer)) return keep(answer, askedAtMs)
    running = inTime(answer, controller, clock)
      .then((health) => keep(health, askedAtMs))
      .finally(() => {
        running = undefined
      })
    return running
  }
  const current = (): ComponentHealth | undefined => (last && clock.now() < last.untilMs ? last.health : undefined)
  return {
    fresh: async () => current() ?? running ?? ask(),
    latest: () => {
      if (!current() && !running) void ask()
      return last?.health
    },
  }
}

const answerOf = (component: HealthComponent, signal: AbortSignal): ComponentHealth | Promise<ComponentHealth> => {
  try {
    const answer = component.check(signal)
    return 'then' in answer ? answer.then((health) => health, notOk) : answer
  } catch (error) {
    return notOk(error)
  }
}

const notOk = (error: unknown): ComponentHealth => ({
  ok: false,
  detail: error instanceof Error ? error.message : String(error),
})

const inTime = async (
  answer: Promise<ComponentHealth>,
  controller: AbortController,
  clock: Clock,
): Promise<ComponentHealth> => {
  let cancel: Cancel | undefined
  const late = new Promise<ComponentHealth>((resolve) => {
    cancel = clock.after(checkTimeoutMs, () => {
      controller.abort()
      // What stops when it is told to says at once what it knows so far.
      cancel = clock.after(0, () => resolve(tooLate))
    })
  })
  try {
    return await Promise.race([late, answer])
  } finally {
    cancel?.()
  }
}

const tooLate: ComponentHealth = { ok: false, detail: `no answer within ${checkTimeoutMs} ms` }
