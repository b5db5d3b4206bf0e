import { describe, expect, it } from 'vitest'
import type { RemoteClient } from '../../../../../backends/onnx/remote/client.ts'
import type { Connected } from '../../../../../backends/onnx/remote/connect.ts'
import { remoteWorker } from '../../../../../backends/onnx/remote/remote-worker.ts'
import { noSuspects } from '../../../../../backends/onnx/remote/suspects.ts'
import type { EmbedRequest, WorkerStats } from '../../../../../backends/onnx/protocol.ts'
import type { PieceAnswer } from '../../../../../backends/onnx/supervisor/piece-answer.ts'
import { BackendError, CallerGone } from '../../../../../gateway/core/errors.ts'
import { noLog } from '../../../../../gateway/core/log.ts'
import { withResolvers } from '../../../../../gateway/core/with-resolvers.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { callOf, rowsOf, settle, statsOf } from '../supervisor/scripted-worker.ts'

const space = {
  model: 'm',
  revision: '1',
  dims: 2,
  pooling: 'mean',
  normalized: true,
  maxTokens: 512,
  prompts: {},
} as const
const lostBy = (fault: 'connection' | 'timeout'): BackendError => new BackendError(fault, `lost by ${fault}`)

/** A connected worker whose pieces wait until the test answers them. */
const scripted = (instance: string, origin = 'http://10.0.0.1:1') => {
  const { promise: lost, resolve } = withResolvers<BackendError>()
  const out = new Map<
    number,
    { request: EmbedRequest; answer: (answer: PieceAnswer) => void; fail: (error: Error) => void }
  >()
  let running = new Map<number, Set<number>>()
  const state = { isStopping: false, isSilent: false, isFinished: false, health: 'up' as 'up' | 'draining' }
  const drop = (reason: BackendError): void => {
    resolve(reason)
    for (const { fail } of out.values()) fail(reason)
    out.clear()
  }
  const about = { device: 'cpu', provider: 'cpu', model: 'm', space: 's', instance, loadMs: 1 }
  const client: RemoteClient = {
    embed: (piece, request, until) =>
      new Promise((answer, fail) => {
        out.set(piece, { request, answer, fail })
        until.onEnd((reason) => {
          out.delete(piece)
          fail(reason)
        })
      }),
    raise: () => {},
    finish: () => (state.isFinished = true),
    stats: (_since, signal) =>
      new Promise<WorkerStats>((answer, fail) => {
        signal.addEventListener('abort', () => fail(signal.reason as Error))
        void lost.then(fail)
        if (!state.isSilent) answer(statsOf([]))
      }),
    health: async () => ({ ...about, state: state.health }),
    running: () => running,
    isStopping: () => state.isStopping,
    receivedBytes: () => 0,
    drop,
    lost,
  }
  const connected: Connected = { client, about: { ...about, state: 'up' }, stats: statsOf([]), origin }
  const runAll = (): void => {
    running = new Map([...out].map(([piece, { request }]) => [piece, new Set(request.texts.keys())]))
  }
  const answerAll = (): void => {
    for (const { request, answer } of out.values()) answer({ rows: rowsOf(request.texts) })
    out.clear()
  }
  return { connected, drop, out, runAll, answerAll, state }
}

/** A replica whose connects are answered by `next`, one after the other; then nobody answers. */
const setUp = (...next: (Connected | Error)[]) => {
  const clock = fakeClock()
  const suspects = noSuspects(clock)
  const ended: string[] = []
  let connects = 0
  const remote = remoteWorker({
    backend: 'far',
    replica: 1,
    url: 'http://gpu:1',
    space,
    connect: async () => {
      const found = next[connects]
      connects += 1
      if (found === undefined) throw lostBy('connection')
      if (found instanceof Error) throw found
      return found
    },
    suspects,
    metrics: { stats: () => {}, ended: (worker) => ended.push(worker) },
    inferenceMs: 5_000,
    clock,
    log: noLog,
  })
  const embed = (...texts: string[]) => remote.embed({ texts, truncate: true, space: 's', minParity: 0 }, callOf())
  const health = () => remote.health(new AbortController().signal)
  return { clock, suspects, ended, remote, embed, health, connects: () => connects }
}

const stableMs = 10_000

describe('a remote replica', () => {
  it('answers from the worker that it is connected to', async () => {
    const worker = scripted('a')
    const { remote, embed } = setUp(worker.connected)
    await remote.start()
    const answer = embed('a', 'bb')
    await settle()
    worker.answerAll()
    expect([...(await answer).vectors]).toEqual([...rowsOf(['a', 'bb']).vectors])
  })

  it('is down, and says why, before it is connected and when nobody answers', async () => {
    const { remote, embed, health } = setUp()
    expect(await health()).toMatchObject({ state: 'down', detail: 'http://gpu:1: not connected yet' })
    await expect(embed('a')).rejects.toMatchObject({ fault: 'unavailable' })
    await expect(remote.start()).rejects.toMatchObject({ fault: 'connection' })
    expect(await health()).toMatchObject({ state: 'down', detail: 'lost by connection' })
  })

  it('fails what is out when the connection is lost, and frees its gauges', async () => {
    const worker = scripted('a')
    const { remote, embed, health, ended } = setUp(worker.connected)
    await remote.start()
    const out = embed('a')
    await settle()
    worker.drop(lostBy('timeout'))
    await expect(out).rejects.toMatchObject({ fault: 'timeout' })
    expect(ended).toEqual(['worker-1'])
    expect(await health()).toMatchObject({ state: 'down', detail: 'lost by timeout' })
  })

  it('mends a connection to the same worker, and clears what was suspect', async () => {
    const [first, second] = [scripted('a'), scripted('a')]
    const { clock, remote, embed, suspects } = setUp(first.connected, second.connected)
    await remote.start()
    await clock.advance(stableMs)
    const out = embed('text')
    await settle()
    first.runAll()
    first.drop(lostBy('connection'))
    await expect(out).rejects.toMatchObject({ fault: 'connection' })
    await settle()
    expect(suspects.verdict('text')).toBe('clear')
    const answer = embed('text')
    await settle()
    second.answerAll()
    await answer
  })

  it('does not mend a connection that was lost soon', async () => {
    const worker = scripted('a')
    const { clock, remote, connects } = setUp(worker.connected, scripted('a').connected)
    await remote.start()
    await clock.advance(stableMs - 1)
    worker.drop(lostBy('connection'))
    await clock.advance(60_000)
    expect(connects()).toBe(1)
  })

  it('leaves a worker that was started again to start, after which it is measured', async () => {
    const [first, second, third] = [scripted('a'), scripted('b'), scripted('b')]
    const { clock, remote, embed, health } = setUp(first.connected, second.connected, third.connected)
    await remote.start()
    await clock.advance(stableMs)
    first.drop(lostBy('connection'))
    await settle()
    expect(await second.connected.client.lost).toMatchObject({ fault: 'unavailable' })
    expect(await health()).toMatchObject({ state: 'down', detail: expect.stringContaining('started again') })
    await expect(embed('a')).rejects.toMatchObject({ fault: 'unavailable' })
    await remote.start()
    expect(await health()).toMatchObject({ state: 'up' })
  })

  it.each([
    ['at the same address, so that it died', 'http://10.0.0.1:1', true],
    ['at another address of the name, which says nothing', 'http://10.0.0.2:1', false],
  ])('learns what became of the worker before when another one answers %s', async (_where, origin, isKnown) => {
    const [first, second] = [scripted('a'), scripted('b', origin)]
    const { remote, embed, suspects } = setUp(first.connected, second.connected)
    suspects.note('text', 'other')
    suspects.died('other')
    await remote.start()
    const out = embed('text')
    await settle()
    expect([...first.out.values()]).toMatchObject([{ request: { alone: true } }])
    first.runAll()
    first.drop(lostBy('connection'))
    await expect(out).rejects.toMatchObject({ fault: 'connection' })
    expect(suspects.verdict('text')).toBe('withheld')
    await remote.start()
    await expect(embed('text')).rejects.toMatchObject(
      isKnown ? { code: 'EG_INPUT_REJECTED' } : { fault: 'withheld', outcome: 'neutral' },
    )
    expect(second.out.size).toBe(0)
  })

  it('tells the progress with each piece that is answered', async () => {
    const worker = scripted('a')
    const { remote } = setUp(worker.connected)
    await remote.start()
    const call = callOf('bulk')
    const seen: number[] = []
    call.onProgress((tokens) => seen.push(tokens))
    const texts = Array.from({ length: 32 }, () => 'x'.repeat(2_000))
    const out = remote.embed({ texts, truncate: true, space: 's', minParity: 0 }, call)
    await settle()
    worker.answerAll()
    await settle()
    expect(seen.length).toBeGreaterThan(0)
    expect(worker.out.size).toBeGreaterThan(0)
    while (worker.out.size > 0) {
      worker.answerAll()
      await settle()
    }
    await out
    expect(seen.reduce((sum, tokens) => sum + tokens, 0)).toBe(32 * 502)
  })

  it('suspects only what was running', async () => {
    const worker = scripted('a')
    const { remote, embed, suspects } = setUp(worker.connected)
    await remote.start()
    const early = embed('early')
    await settle()
    worker.runAll()
    const late = embed('late')
    await settle()
    worker.drop(lostBy('connection'))
    await Promise.allSettled([early, late])
    expect([suspects.verdict('early'), suspects.verdict('late')]).toEqual(['alone', 'clear'])
  })

  it('gives up a worker that leaves a question unanswered, and leaves no timer', async () => {
    const worker = scripted('a')
    const { clock, remote, embed } = setUp(worker.connected)
    await remote.start()
    await clock.advance(500)
    worker.state.isSilent = true
    const out = embed('a').catch((error: unknown) => error)
    await clock.advance(1_500)
    expect(await out).toMatchObject({ fault: 'timeout' })
    expect(clock.pending).toBe(0)
  })

  it('sends nothing more to a worker that stops, lets it answer, and does not take its end for a loss', async () => {
    const worker = scripted('a')
    const { clock, remote, embed, health, connects } = setUp(worker.connected)
    await remote.start()
    await clock.advance(stableMs)
    const out = embed('a')
    await settle()
    worker.state.isStopping = true
    await expect(embed('b')).rejects.toMatchObject({ fault: 'unavailable' })
    expect(await health()).toMatchObject({ state: 'down', detail: 'the worker is stopping' })
    worker.answerAll()
    await out
    worker.drop(lostBy('connection'))
    await settle()
    expect(connects()).toBe(1)
  })

  it('retires a worker that refuses a piece because it stops, or says so when it is asked', async () => {
    for (const says of ['refusal', 'health']) {
      const worker = scripted('a')
      const { remote, embed, health } = setUp(worker.connected)
      await remote.start()
      const out = embed('a').catch((error: unknown) => error)
      await settle()
      if (says === 'health') worker.state.health = 'draining'
      else for (const { answer } of worker.out.values()) answer({ fault: { reason: 'draining', message: 'stops' } })
      expect(await health()).toMatchObject({ state: 'down', detail: 'the worker is stopping' })
      expect(worker.state.isFinished).toBe(true)
      await expect(embed('b')).rejects.toMatchObject({ fault: 'unavailable' })
      worker.answerAll()
      await out
    }
  })

  it('finishes what is in flight when it is closed, and refuses what comes later', async () => {
    const worker = scripted('a')
    const { remote, embed } = setUp(worker.connected)
    await remote.start()
    const out = embed('a')
    await settle()
    const closed = remote.close()
    await expect(embed('b')).rejects.toMatchObject({ fault: 'unavailable' })
    worker.answerAll()
    await out
    await closed
    expect(await worker.connected.client.lost).toMatchObject({ fault: 'unavailable' })
    await expect(remote.start()).rejects.toMatchObject({ fault: 'unavailable' })
  })

  describe('whose caller leaves while its text runs', () => {
    const leave = async () => {
      const worker = scripted('a')
      const { clock, remote, suspects } = setUp(worker.connected)
      await remote.start()
      const call = callOf()
      const out = remote.embed({ texts: ['text'], truncate: true, space: 's', minParity: 0 }, call)
      await settle()
      worker.runAll()
      worker.state.isSilent = true
      call.abort(new CallerGone())
      await expect(out).rejects.toBeInstanceOf(CallerGone)
      return { clock, worker, suspects }
    }

    it('suspects the text when the worker is lost in that batch', async () => {
      const { worker, suspects } = await leave()
      worker.drop(lostBy('connection'))
      await settle()
      expect(suspects.verdict('text')).toBe('alone')
    })

    it('suspects nobody when the worker has begun another batch since', async () => {
      const { worker, suspects } = await leave()
      worker.runAll()
      worker.drop(lostBy('connection'))
      await settle()
      expect(suspects.verdict('text')).toBe('clear')
    })

    it('suspects nobody when the worker has answered since', async () => {
      const { clock, worker, suspects } = await leave()
      worker.state.isSilent = false
      await clock.advance(1_000)
      worker.drop(lostBy('connection'))
      await settle()
      expect(suspects.verdict('text')).toBe('clear')
    })

    it('suspects nobody when the connection is closed from here', async () => {
      const { worker, suspects } = await leave()
      worker.drop(new BackendError('unavailable', 'the gateway is stopping'))
      await settle()
      expect(suspects.verdict('text')).toBe('clear')
    })
  })

  it('suspects no text whose caller left before it ran', async () => {
    const worker = scripted('a')
    const { remote, suspects } = setUp(worker.connected)
    await remote.start()
    const call = callOf()
    const out = remote.embed({ texts: ['text'], truncate: true, space: 's', minParity: 0 }, call)
    await settle()
    call.abort(new CallerGone())
    await expect(out).rejects.toBeInstanceOf(CallerGone)
    worker.drop(lostBy('connection'))
    await settle()
    expect(suspects.verdict('text')).toBe('clear')
  })
})
