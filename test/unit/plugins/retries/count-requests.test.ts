import { describe, expect, it } from 'vitest'
import { BackendError } from '../../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../../gateway/core/layer.ts'
import { batchOf, callOf } from '../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { countRequests } from '../../../../plugins/retries/count-requests.ts'
import { answer } from './retrying.ts'

const ok: EmbedFn = async () => answer()
const crash: EmbedFn = () => Promise.reject(new BackendError('crash', 'it died'))

/** How many requests are counted of one call of a tier. */
const countOf = async (next: EmbedFn, lowerTier: boolean): Promise<number> => {
  let count = 0
  const call = callOf(fakeClock())
  const layer = countRequests(next, { countRequest: () => count++ }, { lowerTier: () => lowerTier })
  await layer(batchOf(['a']), call).catch(() => {})
  call.release()
  return count
}

describe('count requests', () => {
  it('counts what is answered, and what fails in the last tier that computes', async () => {
    expect(await countOf(ok, true)).toBe(1)
    expect(await countOf(ok, false)).toBe(1)
    expect(await countOf(crash, false)).toBe(1)
  })

  it('leaves what steps down to the tier that takes it over, so that a request is one', async () => {
    expect(await countOf(crash, true)).toBe(0)
  })

  it('passes answers and errors on as they are', async () => {
    const call = callOf(fakeClock())
    const error = new BackendError('crash', 'it died')
    const embeddings = answer()
    const counting = { countRequest: () => {} }
    const last = { lowerTier: () => false }
    expect(await countRequests(async () => embeddings, counting, last)(batchOf(['a']), call)).toBe(embeddings)
    await expect(countRequests(() => Promise.reject(error), counting, last)(batchOf(['a']), call)).rejects.toBe(error)
    call.release()
  })
})
