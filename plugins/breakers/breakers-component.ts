import { replicaName } from '../../gateway/core/replica-name.ts'
import type { HealthComponent } from '../health/component.ts'
import type { BreakerKey, Breakers } from './breakers.ts'

/** Which replicas are not called because they have failed. Shown; no reason to be unready by itself: `models` is. */
export const breakersComponent = (breakers: Pick<Breakers, 'list'>): HealthComponent => ({
  name: 'breakers',
  ready: false,
  check: () => {
    const all = breakers.list()
    const open = all.filter(({ state }) => state === 'open')
    return {
      ok: open.length === 0,
      ...(open.length > 0 && { detail: open.map((each) => `${nameOf(each)} is open (${each.cause})`).join('; ') }),
      facts: Object.fromEntries(all.map(({ state, mode, cause, ...each }) => [nameOf(each), { state, mode, cause }])),
    }
  },
})

const nameOf = ({ backend, replica }: BreakerKey): string => replicaName(backend, replica)
