import { describe, expect, it } from 'vitest'
import { adminGateway } from '../admin/gateway.ts'

describe('a gateway that is put together without what it tells of itself', () => {
  it.each([['metrics'], ['logs'], ['metrics', 'logs']] as const)(
    'serves, and shows its status: no %s %s',
    async (...without) => {
      const app = await adminGateway(undefined, { without: new Set(without) })
      const answer = await app.inject({ method: 'POST', url: '/v1/embeddings', payload: { model: 'toy', input: 'a' } })
      expect(answer.statusCode).toBe(200)
      const status = await app.admin.inject('/admin/status')
      expect(status.json()).toMatchObject({ state: 'serving' })
    },
  )
})
