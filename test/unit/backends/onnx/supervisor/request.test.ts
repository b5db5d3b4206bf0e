import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rememberedTexts } from '../../../../../backends/onnx/remembered-texts.ts'
import { deliverer } from '../../../../../backends/onnx/supervisor/deliver.ts'
import { pieceNumbers } from '../../../../../backends/onnx/supervisor/piece-numbers.ts'
import { type Pool, workerPool } from '../../../../../backends/onnx/supervisor/pool.ts'
import { spreadRequests } from '../../../../../backends/onnx/supervisor/request.ts'
import { CallerGone } from '../../../../../gateway/core/errors.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { tokenEstimate } from '../../../../../gateway/core/token-estimate.ts'
import { type ScriptedWorker, callOf, rowOf, scriptedWorker, settle } from './scripted-worker.ts'

/** A pool of scripted workers and what embeds over it. */
const spreading = (workers: number) => {
  const pool = workerPool()
  const scripted = Array.from({ length: workers }, () => scriptedWorker())
  for (const worker of scripted) pool.add(worker)
  const spread = spreadRequests({
    counts: pool.counts,
    deliver: deliverer(pool, pieceNumbers(), rememberedTexts(fakeClock())),
    estimate: tokenEstimate(512),
    space: { dims: 2, pooling: 'mean', normalized: true },
    workers,
  })
  const embed = (texts: readonly string[], call = callOf()) =>
    spread({ texts, truncate: true, space: 's', minParity: 0 }, call)
  return { pool, workers: scripted, embed }
}

/** Ends a worker while some rows of its pieces run, and puts another in its place. */
const replace = (pool: Pool, workers: ScriptedWorker[], index: number, running: number): void => {
  const worker = workers[index]
  if (!worker) return
  const rows = worker.sent.flatMap(({ piece, request }) => request.texts.map((_, row) => [piece, row] as const))
  worker.end('crash', rows.slice(0, running))
  pool.remove(worker)
  workers[index] = scriptedWorker()
  pool.add(workers[index])
}

const texts = (count: number, length = 100): string[] =>
  Array.from({ length: count }, (_, row) => String.fromCodePoint(97 + (row % 26)).repeat(1 + ((row * 37) % length)))

describe('spreadRequests', () => {
  it('puts rows together by position, however pieces are cut and in whatever order they are answered', async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(
        lengths,
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat()),
        async (sizes, count, picks) => {
          const { workers, embed } = spreading(count)
          const asked = sizes.map((size, row) => String.fromCodePoint(97 + (row % 26)).repeat(size))
          const answer = embed(asked)
          await answerAll(workers, picks)
          const { vectors, tokens } = await answer
          expect([...vectors]).toEqual(asked.flatMap(rowOf))
          expect([...tokens]).toEqual(sizes.map((size) => size + 2))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('answers every row once when a worker dies at any moment', async () => {
    const moments = fc.record({ answered: fc.nat({ max: 6 }), victim: fc.nat({ max: 2 }), running: fc.nat({ max: 8 }) })
    await fc.assert(
      fc.asyncProperty(moments, fc.infiniteStream(fc.nat()), async ({ answered, victim, running }, picks) => {
        const { pool, workers, embed } = spreading(3)
        const requests = [texts(40), texts(9), texts(25)]
        const answers = requests.map((request) => embed(request))
        await settle()
        for (let step = 0; step < answered; step += 1) await answerOne(workers, picks)
        replace(pool, workers, victim, running)
        await settle()
        await answerAll(workers, picks)
        const rows = await Promise.all(answers)
        rows.forEach(({ vectors }, index) => expect([...vectors]).toEqual(requests[index]?.flatMap(rowOf)))
      }),
      { numRuns: 100 },
    )
  })

  it('settles every request, rightly or with an error, whatever dies', async () => {
    const deaths = fc.array(fc.record({ victim: fc.nat({ max: 1 }), running: fc.nat({ max: 5 }) }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(deaths, fc.infiniteStream(fc.nat()), async (fates, picks) => {
        const { pool, workers, embed } = spreading(2)
        const requests = [texts(30), texts(5), texts(1)]
        const answers = requests.map((request) => embed(request))
        const settled = Promise.allSettled(answers)
        await settle()
        for (const { victim, running } of fates) {
          await answerOne(workers, picks)
          replace(pool, workers, victim, running)
          await settle()
        }
        await answerAll(workers, picks)
        for (const [index, result] of (await settled).entries()) {
          if (result.status === 'fulfilled') expect([...result.value.vectors]).toEqual(requests[index]?.flatMap(rowOf))
          else expect(['crash', 'EG_INPUT_REJECTED']).toContain(result.reason.fault ?? result.reason.code)
        }
        expect(workers.flatMap((worker) => worker.sent)).toEqual([])
        expect(workers.map((worker) => worker.outstanding)).toEqual([
          { pieces: 0, tokens: 0 },
          { pieces: 0, tokens: 0 },
        ])
      }),
      { numRuns: 100 },
    )
  })

  it('tells the progress with each piece that is answered', async () => {
    const { workers, embed } = spreading(2)
    const call = callOf()
    const seen: number[] = []
    call.onProgress((tokens) => seen.push(tokens))
    const answer = embed(
      Array.from({ length: 32 }, () => 'x'.repeat(150)),
      call,
    )
    await settle()
    workers[0]?.sent[0]?.answer()
    await settle()
    expect(seen).toEqual([16 * 40])
    workers[1]?.sent[0]?.answer()
    await answer
    expect(seen).toEqual([16 * 40, 16 * 40])
  })

  it('uses both idle workers for 32 short texts', async () => {
    const { workers, embed } = spreading(2)
    const answer = embed(Array.from({ length: 32 }, () => 'x'.repeat(150)))
    await settle()
    expect(workers.map((worker) => worker.sent.map(({ request }) => request.texts.length))).toEqual([[16], [16]])
    for (const worker of workers) worker.sent[0]?.answer()
    await answer
  })

  it('sends a bulk request piece by piece, two at a time to each worker', async () => {
    const { workers, embed } = spreading(2)
    const answer = embed(
      Array.from({ length: 100 }, () => 'x'.repeat(2_000)),
      callOf('bulk'),
    )
    await settle()
    expect(workers.map((worker) => worker.sent.length)).toEqual([2, 2])
    workers[0]?.sent[0]?.answer()
    await settle()
    expect(workers.map((worker) => worker.sent.length)).toEqual([2, 2])
    await answerAll(workers)
    expect((await answer).tokens).toHaveLength(100)
  })

  it('raises the class of pieces that are out, and of those that follow', async () => {
    const { workers, embed } = spreading(1)
    const call = callOf('bulk')
    const answer = embed(
      Array.from({ length: 20 }, () => 'x'.repeat(2_000)),
      call,
    )
    await settle()
    const out = workers[0]?.sent.map(({ piece }) => piece)
    call.raise('interactive')
    expect(workers[0]?.raised).toEqual(out)
    workers[0]?.sent[0]?.answer()
    await settle()
    expect(workers[0]?.sent.at(-1)?.request.priority).toBe('interactive')
    await answerAll(workers)
    await answer
  })

  it('drops everything that is out when its caller leaves', async () => {
    const { workers, embed } = spreading(2)
    const call = callOf()
    const answer = embed(texts(60), call)
    await settle()
    call.abort(new CallerGone())
    await expect(answer).rejects.toBeInstanceOf(CallerGone)
    expect(workers.flatMap((worker) => worker.sent)).toEqual([])
  })

  it('drops everything that is out when one piece has failed', async () => {
    const { workers, embed } = spreading(2)
    const answer = embed(texts(60))
    await settle()
    workers[0]?.sent[0]?.answer({ fault: { reason: 'busy', message: 'full' } })
    await expect(answer).rejects.toMatchObject({ fault: 'busy' })
    expect(workers.flatMap((worker) => worker.sent)).toEqual([])
  })

  it('risks no worker again for a text that has ended two of them, alone or among others', async () => {
    const { pool, workers, embed } = spreading(2)
    const killed = embed(['poison']).catch((error: unknown) => error)
    for (let deaths = 0; deaths < 2; deaths++) {
      await settle()
      replace(
        pool,
        workers,
        workers.findIndex(({ sent }) => sent.length > 0),
        1,
      )
    }
    expect(await killed).toMatchObject({ code: 'EG_INPUT_REJECTED' })
    await expect(embed(['fine', 'poison'])).rejects.toMatchObject({ code: 'EG_INPUT_REJECTED' })
    expect(workers.flatMap(({ sent }) => sent)).toEqual([])
    const fine = embed(['fine'])
    await settle()
    workers.flatMap(({ sent }) => sent)[0]?.answer()
    expect((await fine).tokens).toHaveLength(1)
  })

  it('sends a piece of a draining worker to another one', async () => {
    const { workers, embed } = spreading(2)
    const answer = embed(['text'])
    await settle()
    workers[0]?.sent[0]?.answer({ fault: { reason: 'draining', message: 'stops' } })
    await settle()
    expect(workers[0]?.orders).toEqual(['retire'])
    workers[1]?.sent[0]?.answer()
    expect([...(await answer).vectors]).toEqual(rowOf('text'))
  })

  it('fails as a crash when a worker has died and there is no other', async () => {
    const { pool, workers, embed } = spreading(1)
    const answer = embed(['text'])
    await settle()
    workers[0]?.end('crash')
    if (workers[0]) pool.remove(workers[0])
    await expect(answer).rejects.toMatchObject({ fault: 'crash' })
    await expect(embed(['text'])).rejects.toMatchObject({ fault: 'unavailable' })
  })

  it('leaves no listener on the call', async () => {
    const { workers, embed } = spreading(1)
    const call = callOf()
    const answer = embed(['text'], call)
    await settle()
    workers[0]?.sent[0]?.answer()
    await answer
    call.raise('bulk')
    call.abort(new CallerGone())
    expect(workers[0]?.raised).toEqual([])
  })
})

/** Answers one piece, picked at random; false when there is none. */
const answerOne = async (workers: readonly ScriptedWorker[], picks?: Iterator<number>): Promise<boolean> => {
  const sent = workers.flatMap((worker) => worker.sent)
  const pick: number = picks?.next().value ?? 0
  sent[pick % Math.max(1, sent.length)]?.answer()
  await settle()
  return sent.length > 0
}

const answerAll = async (workers: readonly ScriptedWorker[], picks?: Iterator<number>): Promise<void> => {
  await settle()
  while (await answerOne(workers, picks));
}
