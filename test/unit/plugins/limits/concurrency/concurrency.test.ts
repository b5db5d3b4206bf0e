import { describe, expect, it } from 'vitest'
import type { EmbedFn } from '../../../../../gateway/core/layer.ts'
import { BackendError, CallerGone, GatewayError } from '../../../../../gateway/core/errors.ts'
import { batchOf, callOf } from '../../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import type { Ending } from '../../../../../plugins/limits/concurrency/adaptive-limit.ts'
import { NoPlace } from '../../../../../plugins/limits/concurrency/no-place.ts'
import { concurrency } from '../../../../../plugins/limits/concurrency/concurrency.ts'
import { embeddingsFor, modelOf } from '../../../http/gateway.ts'

const run = async (next: EmbedFn): Promise<Ending[]> => {
  const ends: Ending[] = []
  const clock = fakeClock()
  const places = {
    take: async (_call: unknown, tokens: number) => ({ atMs: 0, tokens, inFlight: 1 }),
    give: (_begun: unknown, how: Ending) => void ends.push(how),
  }
  const embed = concurrency(places)(next, { model: modelOf() })
  await embed(batchOf(['a']), callOf(clock)).catch(() => {})
  return ends
}
const failing = (error: Error) =>
  run(async () => {
    throw error
  })

describe('concurrency', () => {
  it('gives the place back with what the end says of the engine', async () => {
    expect(await run(async (batch) => embeddingsFor(batch.texts))).toEqual(['answered'])
    expect(await failing(new BackendError('busy', 'status 429'))).toEqual(['overload'])
    expect(await failing(new BackendError('timeout', 'late'))).toEqual(['timeout'])
  })

  it('gives the place back with nothing learnt when the end says nothing of how much it can do', async () => {
    expect(await failing(new BackendError('connection', 'reset'))).toEqual(['neutral'])
    expect(await failing(new GatewayError('EG_INPUT_REJECTED', 'bad text'))).toEqual(['neutral'])
  })

  it('takes no end for a sign of life that nothing has come back for', async () => {
    expect(await failing(new CallerGone())).toEqual(['unanswered'])
    expect(await failing(new BackendError('no_place', 'no connection is free here'))).toEqual(['unanswered'])
    expect(await failing(new BackendError('late', 'no time'))).toEqual(['unanswered'])
    expect(await failing(new GatewayError('EG_DEADLINE', 'out of time'))).toEqual(['unanswered'])
  })

  it('sends nothing when there is no place', async () => {
    let sent = 0
    const places = {
      take: () => Promise.reject(new NoPlace('waited', 400)),
      give: () => void sent++,
    }
    const embed = concurrency(places)(
      async (batch) => {
        sent++
        return embeddingsFor(batch.texts)
      },
      { model: modelOf() },
    )
    await expect(embed(batchOf(['a']), callOf(fakeClock()))).rejects.toMatchObject({ fault: 'no_place' })
    expect(sent).toBe(0)
  })
})
