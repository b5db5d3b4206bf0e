import type { Clock } from '../../gateway/core/clock.ts'

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
export type CachedCheck = () => Promise<ComponentHealth>

/** [R3], [O4]. */
const checkTimeoutMs = 1000
const okForMs = 5000
/** A bad answer is asked again soon, so that the gateway is ready as soon as it can be. */
const notOkForMs = 500

/**
 * Asks a component, one question at a time, and keeps the answer: a good one for 5 s, a bad one for half a second. Never
 * rejects and never takes longer than 1 s.
 */
export const cachedCheck = (component: HealthComponent, clock: Clock): CachedCheck => {
  let last: { readonly health: ComponentHealth; readonly untilMs: number } | undefined
  let running: Promise<ComponentHealth> | undefined
  return () => {
    if (last && clock.now() < last.untilMs) return Promise.resolve(last.health)
    const askedAtMs = clock.now()
    running ??= ask(component, clock)
      .then((health) => {
        last = { health, untilMs: askedAtMs + (health.ok ? okForMs : notOkForMs) }
        return health
      })
      .finally(() => {
        running = undefined
      })
    return running
  }
}

const ask = async (component: HealthComponent, clock: Clock): Promise<ComponentHealth> => {
  const controller = new AbortController()
  const late = new Promise<ComponentHealth>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve(tooLate), { once: true })
  })
  const cancel = clock.after(checkTimeoutMs, () => controller.abort())
  try {
    return await Promise.race([late, answerOf(component, controller.signal)])
  } finally {
    cancel()
  }
}

const tooLate: ComponentHealth = { ok: false, detail: `no answer within ${checkTimeoutMs} ms` }

const answerOf = async (component: HealthComponent, signal: AbortSignal): Promise<ComponentHealth> => {
  try {
    return await component.check(signal)
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) }
  }
}
