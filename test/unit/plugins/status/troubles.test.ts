import { describe, expect, it } from 'vitest'
import type { LatestHealth } from '../../../../plugins/health/health.ts'
import { troublesOf, type Observations } from '../../../../plugins/status/troubles.ts'

const none = { requests: 0, serverErrors: 0, durationMs: 10_000 }
const all = (answers: number) => ({ ...none, requests: answers, serverErrors: answers })
const troubles = (observed: Partial<Observations>) =>
  troublesOf({ components: [], lastMinute: none, justNow: none, ...observed })
const component = (name: string, overrides: Partial<LatestHealth> = {}): LatestHealth => ({
  name,
  ready: true,
  ok: false,
  ...overrides,
})

describe('troubles', () => {
  it('are none when all is well', () => {
    expect(troubles({ components: [component('memory', { ok: true })], lastMinute: { ...none, requests: 9 } })).toEqual(
      {
        others: [],
      },
    )
  })

  it('are what refuses work, by its own words', () => {
    const guard = { ready: false, detail: 'memory is full', facts: { refusing: true } }
    expect(troubles({ components: [component('memoryGuard', guard)] })).toEqual({ stops: 'memory is full', others: [] })
    const calm = { ...guard, ok: true, facts: { refusing: false } }
    expect(troubles({ components: [component('memoryGuard', calm)] })).toEqual({ others: [] })
  })

  it('are parts that the gateway is not ready without; of models the chains tell', () => {
    const components = [
      component('memory', { detail: '94 % of the memory limit is in use' }),
      component('of a plugin'),
      component('models', { detail: 'no tier' }),
      component('store', { ready: false, detail: 'shown only' }),
    ]
    expect(troubles({ components })).toEqual({ others: ['not ready: 94 % of the memory limit is in use, of a plugin'] })
  })

  it('are errors from one answer in a hundred on', () => {
    expect(troubles({ lastMinute: { requests: 300, serverErrors: 3 } }).others).toEqual([
      '3 of 300 answers in the last minute were errors (5xx)',
    ])
    expect(troubles({ lastMinute: { requests: 301, serverErrors: 3 } }).others).toEqual([])
  })

  it('stop the gateway when all answers just now were errors; few tell nothing', () => {
    expect(troubles({ justNow: { ...all(5), durationMs: 7_200 } }).stops).toBe(
      'all 5 answers of the last 8 s were errors (5xx)',
    )
    expect(troubles({ justNow: all(5), lastMinute: all(9) }).others).toEqual([])
    expect(troubles({ justNow: all(4) }).stops).toBeUndefined()
    expect(troubles({ justNow: { ...all(50), requests: 51 } }).stops).toBeUndefined()
  })
})
