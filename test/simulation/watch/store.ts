import type { FastifyInstance } from 'fastify'
import type { Ledger } from '../ledger.ts'

/** Notes when rows are stored. */
export const watchStore = (app: FastifyInstance, ledger: Ledger): void => {
  const putMany = app.store.putMany.bind(app.store)
  app.store.putMany = (results) => {
    for (const [, { vector, storedAtMs }] of results) {
      const made = ledger.find(vector)
      if (made) made.storedMs = storedAtMs
    }
    return putMany(results)
  }
}
