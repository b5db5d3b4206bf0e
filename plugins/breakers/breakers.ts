import type { Clock } from '../../gateway/core/clock.ts'
import type { BreakerSettings, Overrides } from '../../gateway/core/policy.ts'
import type { ConfiguredBackend } from '../../gateway/core/served-model.ts'
import { breaker, type Breaker } from './breaker.ts'
import { settingsFor } from './settings-for.ts'
import type { BreakerMode, BreakerStatus, Transition } from './status.ts'

/** Whose breaker it is; both are metric labels. */
export interface BreakerKey {
  readonly backend: string
  readonly replica: number
}

/** `app.breakers`: all breakers of the gateway, for whoever shows or changes them. */
export interface Breakers {
  /** As they are now, in the order of the chains; empty until the app is ready. */
  list(): readonly (BreakerKey & BreakerStatus)[]
  /**
   * Hands the breaker of one replica, or of all replicas of a backend, to an operator or back to the rules.
   *
   * @returns how many breakers there are of that name and number
   */
  setMode(backend: string, replica: number | undefined, mode: BreakerMode): number
  /**
   * Closes the breakers of one backend, or all, and forgets what they have counted. Forced ones stay forced.
   *
   * @returns how many breakers there are of that name
   */
  reset(backend?: string): number
  /** Replaces the section `breaker`; what entries say themselves still goes before it, and no breaker changes its state. */
  configure(section: BreakerSettings): void
  /** Calls `listener` after every change of state. */
  onTransition(listener: TransitionListener): void
}

/** Told of a change of state of the breaker of one replica. */
export type TransitionListener = (key: BreakerKey, transition: Transition) => void

/** The breakers, and how a replica comes to its own. */
export interface BreakerRegistry extends Breakers {
  /** The one breaker of a replica, made when it is first asked for: all models that use the replica share it. */
  of(configured: ConfiguredBackend): Breaker
}

/** What all breakers have in common. */
export interface BreakersOptions {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly section: BreakerSettings
  readonly onTransition: TransitionListener
}

interface Entry {
  readonly key: BreakerKey
  readonly own: Overrides<BreakerSettings> | undefined
  readonly breaker: Breaker
}

/** No breakers yet. */
export const breakerRegistry = (options: BreakersOptions): BreakerRegistry => {
  const { clock, random } = options
  const listeners = [options.onTransition]
  const entries = new Map<string, Entry>()
  let { section } = options

  const matching = (backend?: string, replica?: number): Entry[] =>
    [...entries.values()].filter(
      ({ key }) => (backend ?? key.backend) === key.backend && (replica ?? key.replica) === key.replica,
    )

  return {
    of: ({ backend, policy }) => {
      const id = `${backend.name}/${backend.replica}`
      const known = entries.get(id)
      if (known) return known.breaker
      const key = { backend: backend.name, replica: backend.replica }
      const made = breaker({
        clock,
        random,
        settings: settingsFor(section, policy.breaker),
        onTransition: (transition) => {
          for (const listener of listeners) listener(key, transition)
        },
      })
      entries.set(id, { key, own: policy.breaker, breaker: made })
      return made
    },
    list: () => [...entries.values()].map((entry) => Object.assign(entry.breaker.status(), entry.key)),
    setMode: (backend, replica, mode) => {
      const found = matching(backend, replica)
      for (const entry of found) entry.breaker.setMode(mode)
      return found.length
    },
    reset: (backend) => {
      const found = matching(backend)
      for (const entry of found) entry.breaker.reset()
      return found.length
    },
    configure: (next) => {
      section = next
      for (const entry of entries.values()) entry.breaker.configure(settingsFor(next, entry.own))
    },
    onTransition: (listener) => void listeners.push(listener),
  }
}
