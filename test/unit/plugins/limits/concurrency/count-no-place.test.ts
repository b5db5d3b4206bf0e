import { describe, expect, it } from 'vitest'
import { BackendError } from '../../../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../../../gateway/core/layer.ts'
import { batchOf, callOf } from '../../../../../gateway/testing/calls.ts'
import { countNoPlace } from '../../../../../plugins/limits/concurrency/count-no-place.ts'
import { NoPlace } from '../../../../../plugins/limits/concurrency/no-place.ts'
import { embeddingsFor, modelOf } from '../../../http/gateway.ts'

const shedBy = async (next: EmbedFn): Promise<readonly string[]> => {
  const shed: string[] = []
  const count = countNoPlace((priority, reason) => shed.push(`${priority} ${reason}`))
  const embed = count(next, { model: modelOf(), computing: true })
  await embed(batchOf(['a']), callOf(undefined, { priority: 'bulk' })).catch(() => {})
  return shed
}

describe('countNoPlace', () => {
  it('tells of a call that found no place in a tier, with why', async () => {
    expect(await shedBy(() => Promise.reject(new NoPlace('line_full', 400)))).toEqual(['bulk line_full'])
  })

  it('tells nothing of one that was answered, or that the engine itself refused', async () => {
    expect(await shedBy(async ({ texts }) => embeddingsFor(texts))).toEqual([])
    expect(await shedBy(() => Promise.reject(new BackendError('busy', 'status 429')))).toEqual([])
  })

  it('lets the refusal through', async () => {
    const refusal = new NoPlace('waited', 400)
    const embed = countNoPlace(() => {})(() => Promise.reject(refusal), { model: modelOf(), computing: true })
    await expect(embed(batchOf(['a']), callOf())).rejects.toBe(refusal)
  })
})
