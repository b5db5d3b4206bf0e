import { describe, expect, it } from 'vitest'
import { BackendError } from '../../../../../gateway/core/errors.ts'
import type { Log } from '../../../../../gateway/core/log.ts'
import type { EmbedFn } from '../../../../../gateway/core/layer.ts'
import { batchOf, callOf } from '../../../../../gateway/testing/calls.ts'
import { countNoPlace } from '../../../../../plugins/limits/concurrency/count-no-place.ts'
import { NoPlace } from '../../../../../plugins/limits/concurrency/no-place.ts'
import { embeddingsFor, modelOf } from '../../../http/gateway.ts'

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const shedBy = async (next: EmbedFn, log = silent): Promise<readonly string[]> => {
  const shed: string[] = []
  const count = countNoPlace((priority, reason) => shed.push(`${priority} ${reason}`), log)
  const embed = count(next, { model: modelOf(), computing: true, tier: 'remote' })
  await embed(batchOf(['a']), callOf(undefined, { priority: 'bulk' })).catch(() => {})
  return shed
}

describe('countNoPlace', () => {
  it('tells of a call that found no place in a tier, with why', async () => {
    expect(await shedBy(() => Promise.reject(new NoPlace('line_full', 400)))).toEqual(['bulk line_full'])
  })

  it('tells of a call for which no connection was left, and logs why', async () => {
    const lines: object[] = []
    const log = { ...silent, warn: (fields: object) => void lines.push(fields) }
    const noDescriptor = new BackendError('no_place', 'the exchange with the engine failed: EMFILE')
    expect(await shedBy(() => Promise.reject(noDescriptor), log)).toEqual(['bulk connections'])
    expect(lines).toEqual([{ backend: 'remote', reason: 'the exchange with the engine failed: EMFILE' }])
  })

  it('tells nothing of one that was answered, or that the engine itself refused', async () => {
    expect(await shedBy(async ({ texts }) => embeddingsFor(texts))).toEqual([])
    expect(await shedBy(() => Promise.reject(new BackendError('busy', 'status 429')))).toEqual([])
  })

  it('lets the refusal through', async () => {
    const refusal = new NoPlace('waited', 400)
    const embed = countNoPlace(() => {}, silent)(() => Promise.reject(refusal), { model: modelOf(), computing: true })
    await expect(embed(batchOf(['a']), callOf())).rejects.toBe(refusal)
  })
})
