import type { Clock } from '../../gateway/core/clock.ts'
import { cachedCheck, type CachedCheck, type ComponentHealth, type HealthComponent } from './component.ts'

/** What several components say together. */
export interface HealthReport {
  /** Every component asked is ok. */
  readonly ok: boolean
  /** Every component asked that readiness depends on is ok, and the gateway is not draining. */
  readonly ready: boolean
  readonly draining: boolean
  readonly components: Readonly<Record<string, ComponentHealth>>
}

/** What a component said last. */
export type LatestHealth = ComponentHealth & Pick<HealthComponent, 'name' | 'ready'>

/** `app.health`: how the gateway and its parts are. */
export interface GatewayHealth {
  /** Adds a component; one of the same name replaces an earlier one. */
  add(component: HealthComponent): void
  /** Asks in parallel those that readiness depends on, or all. Takes at most a second. */
  report(which: 'ready' | 'all'): Promise<HealthReport>
  /**
   * What all said last, without waiting: answers that are too old are asked again meanwhile, so that only those who look make
   * anybody ask. Those that have not answered yet are left out.
   */
  latest(): readonly LatestHealth[]
  /** From now on the gateway says that it is not ready: the first step of a shutdown. */
  drain(): void
  /** Whether `drain` was called. */
  isDraining(): boolean
}

/** Health of a gateway with no components yet. */
export const gatewayHealth = (clock: Clock): GatewayHealth => {
  const checks = new Map<string, { readonly component: HealthComponent; readonly check: CachedCheck }>()
  let draining = false
  return {
    add: (component) => void checks.set(component.name, { component, check: cachedCheck(component, clock) }),
    drain: () => {
      draining = true
    },
    isDraining: () => draining,
    latest: () =>
      [...checks.values()].flatMap(({ component: { name, ready }, check }) => {
        const health = check.latest()
        return health ? [{ ...health, name, ready }] : []
      }),
    report: async (which) => {
      const asked = [...checks.values()].filter(({ component }) => which === 'all' || component.ready)
      const answers = await Promise.all(
        asked.map(async ({ component, check }) => ({ component, health: await check.fresh() })),
      )
      return {
        ok: answers.every(isOk),
        ready: !draining && answers.filter(({ component }) => component.ready).every(isOk),
        draining,
        components: Object.fromEntries(answers.map(({ component, health }) => [component.name, health])),
      }
    },
  }
}

const isOk = ({ health }: { readonly health: ComponentHealth }): boolean => health.ok
