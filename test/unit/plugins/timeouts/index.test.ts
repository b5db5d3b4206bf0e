import { describe, expect, it } from 'vitest'
import type { Backend, BackendPolicy } from '../../../../gateway/core/backend.ts'
import type { Call } from '../../../../gateway/core/call.ts'
import { computed } from '../../../../gateway/core/embeddings.ts'
import type { EmbedFn, Where } from '../../../../gateway/core/layer.ts'
import { batchOf } from '../../../../gateway/testing/calls.ts'
import timeouts from '../../../../plugins/timeouts/index.ts'
import { fakeModel } from '../../chain/fakes.ts'
import { filledSlots } from '../filled-slots.ts'

const next: EmbedFn = async () => computed([[1]], 1, [3])

/** The time limit that an attempt on this replica gets; undefined when it gets none. */
const limitMs = async (queueing: boolean, policy: BackendPolicy): Promise<number | undefined> => {
  const layer = (await filledSlots((app) => app.register(timeouts, { inferenceMs: 5000 }))).get('try.timeout')
  let limit: number | undefined
  const call = {
    within: (timeoutMs: number) => {
      limit = timeoutMs
      return call
    },
    release: () => {},
  } as unknown as Call
  const where: Where = { model: fakeModel(), backend: { queueing } as Backend, policy }
  await layer?.(next, where)(batchOf(['a']), call)
  return limit
}

describe('plugin timeouts', () => {
  it('bounds an attempt by the inference limit, or by the time-out of its own entry', async () => {
    expect(await limitMs(false, {})).toBe(5000)
    expect(await limitMs(false, { timeoutMs: 700 })).toBe(700)
  })

  it('leaves backends with a queue of their own alone: waiting is no failure', async () => {
    expect(await limitMs(true, { timeoutMs: 700 })).toBeUndefined()
  })
})
