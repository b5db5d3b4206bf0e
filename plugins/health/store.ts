import type { FastifyInstance } from 'fastify'
import type { StoreLevel } from '../../store/store.ts'
import type { HealthComponent } from './component.ts'

/** How full the result cache is. Shown, never a reason to be unready: without it texts are computed. */
export const storeComponent = (app: FastifyInstance): HealthComponent => ({
  name: 'store',
  ready: false,
  check: () => ({ ok: true, facts: { ...levelOf(app) } }),
})

const levelOf = (app: FastifyInstance): StoreLevel | undefined =>
  app.hasDecorator('store') ? app.getDecorator<{ level(): StoreLevel }>('store').level() : undefined
