import { describe, expect, it } from 'vitest'
import { CallerGone } from '../../../../../gateway/core/errors.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import type { EmbedRequest } from '../../../../../backends/onnx/protocol.ts'
import { type EngineParts, createEngine } from '../../../../../backends/onnx/worker/engine.ts'
import { createStats } from '../../../../../backends/onnx/worker/stats.ts'
import { fakeSession, fakeTokenizer } from './fake-session.ts'

let pieces = 0
const piece = (texts: readonly string[], more: Partial<EmbedRequest> = {}): EmbedRequest => ({
  texts,
  truncate: true,
  tenant: 't',
  priority: 'interactive',
  deadlineMs: 1_000,
  ...more,
})

const setUp = (session = fakeSession(), more: Partial<EngineParts> = {}) => {
  const clock = fakeClock()
  const running: (readonly (readonly [number, number])[])[] = []
  const lost: Error[] = []
  const stats = createStats(1)
  const engine = createEngine({
    session,
    tokenizer: fakeTokenizer,
    profile: { budgetTokens: 16, overheadTokens: 4 },
    clock,
    stats,
    maxQueuedTokens: 1_000,
    onRunning: (rows) => running.push(rows),
    onLost: (error) => lost.push(error),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    ...more,
  })
  const submit = (texts: readonly string[], facts: Partial<EmbedRequest> = {}) => {
    const submission = engine.submit((pieces += 1), piece(texts, facts))
    submission.rows.catch(() => {})
    return submission
  }
  return { engine, submit, session, clock, running, lost, stats, settle: () => clock.advance(0) }
}

const refused = (reason: string) => expect.objectContaining({ name: 'Refusal', reason })

describe('the engine', () => {
  it('gives every row back to its place, whatever ran with it', async () => {
    const { submit, session } = setUp()
    const [one, other] = [submit(['cc', 'b', 'aaaaaaaaaa']), submit(['dd', 'e'])]
    expect(await one.rows).toEqual({
      vectors: Float32Array.of(2, 99, 1, 98, 8, 97),
      dims: 2,
      tokens: Uint32Array.of(2, 1, 8),
      truncated: Uint8Array.of(0, 0, 1),
    })
    expect((await other.rows).vectors).toEqual(Float32Array.of(2, 100, 1, 101))
    expect(session.runs).toEqual([['e', 'b', 'dd', 'cc'], ['aaaaaaaa']])
  })

  it('dispatches at once when idle, and gathers what arrives during a run', async () => {
    const { submit, session, settle } = setUp()
    const gate = session.holdRuns()
    const first = submit(['a'])
    await settle()
    await settle()
    expect(session.runs).toEqual([['a']])
    const others = ['b', 'c', 'd'].map((text) => submit([text]))
    await settle()
    gate.release()
    await Promise.all([first, ...others].map(({ rows }) => rows))
    expect(session.runs).toEqual([['a'], ['b', 'c', 'd']])
  })

  it('never runs the waiting texts of a caller who left', async () => {
    const { submit, session, settle, engine } = setUp()
    const gate = session.holdRuns()
    const first = submit(['a'])
    await settle()
    await settle()
    const gone = submit(['b', 'c'])
    await settle()
    expect(engine.level()).toEqual({ texts: 2, tokens: 2 })
    gone.cancel()
    await expect(gone.rows).rejects.toThrow(CallerGone)
    expect(engine.level()).toEqual({ texts: 0, tokens: 0 })
    gate.release()
    await first.rows
    expect(session.runs).toEqual([['a']])
  })

  it('drops the rows of a caller who left during the run', async () => {
    const { submit, session, settle } = setUp()
    const gate = session.holdRuns()
    const [gone, stays] = [submit(['a']), submit(['b'])]
    await settle()
    await settle()
    gone.cancel()
    gate.release()
    await expect(stays.rows).resolves.toBeDefined()
    await expect(gone.rows).rejects.toThrow(CallerGone)
  })

  it('refuses a piece whose deadline passes while it waits, and does not run it', async () => {
    const { submit, session, clock, settle } = setUp()
    const gate = session.holdRuns()
    const first = submit(['a'])
    await settle()
    await settle()
    const late = submit(['b'], { deadlineMs: 50 })
    await clock.advance(50)
    await expect(late.rows).rejects.toEqual(refused('deadline'))
    gate.release()
    await first.rows
    expect(session.runs).toEqual([['a']])
  })

  it('keeps no timer of a piece that is answered', async () => {
    const { submit, clock } = setUp()
    await submit(['a']).rows
    expect(clock.pending).toBe(0)
  })

  it('refuses a text that is too long only when it may not be cut', async () => {
    const { submit } = setUp()
    await expect(submit(['ok', 'muchtoolong'], { truncate: false }).rows).rejects.toEqual(refused('too_long'))
    await expect(submit(['muchtoolong']).rows).resolves.toMatchObject({ truncated: Uint8Array.of(1) })
  })

  it('refuses a text that cannot be tokenized, without repeating it', async () => {
    const { submit } = setUp()
    const error: unknown = await submit(['untokenizable']).rows.catch((reason: unknown) => reason)
    expect(error).toEqual(refused('inference'))
    expect(String(error)).not.toContain('untokenizable')
  })

  it('lets the event loop breathe while it reads long texts', async () => {
    let nowMs = 0
    const read: string[] = []
    const encode = (text: string) => {
      nowMs += 5
      read.push(text)
      return fakeTokenizer.encode(text)
    }
    const { submit, settle } = setUp(fakeSession(), {
      tokenizer: { ...fakeTokenizer, encode },
      clock: { ...fakeClock(), now: () => nowMs },
    })
    read.length = 0
    const cancelled = submit(['a', 'b', 'c', 'd', 'e', 'f'])
    await new Promise((resolve) => setImmediate(resolve))
    expect(read).toEqual(['a', 'b'])
    cancelled.cancel()
    await settle()
    expect(read).toEqual(['a', 'b'])
    await expect(submit(['g', 'h', 'i', 'j']).rows).resolves.toBeDefined()
  })

  it('reads at most one slice between two batches, and reads on', async () => {
    const events: string[] = []
    let nowMs = 0
    const encode = (text: string) => {
      nowMs += 5
      events.push('read')
      return fakeTokenizer.encode(text)
    }
    const inner = fakeSession()
    // As the runtime does it: a run starts in a later turn, and is over in that turn.
    const run: typeof inner.run = (rows) =>
      new Promise((resolve) =>
        setImmediate(() => {
          events.push('run')
          nowMs += 100
          resolve(inner.run(rows))
        }),
      )
    const parts = { tokenizer: { ...fakeTokenizer, encode }, clock: { ...fakeClock(), now: () => nowMs } }
    const { submit } = setUp({ ...inner, run }, { ...parts, profile: { budgetTokens: 1, overheadTokens: 0 } })
    const all = Array.from({ length: 12 }, () => submit(['a'], { deadlineMs: 10_000 }))
    all.push(
      submit(
        Array.from({ length: 12 }, () => 'b'),
        { deadlineMs: 10_000 },
      ),
    )
    await Promise.all(all.map(({ rows }) => rows))
    expect(events.join(' ').split('run').slice(1, 10)).toEqual(Array.from({ length: 9 }, () => ' read read '))
  })

  it('follows a piece whose class is raised while it is read', async () => {
    let nowMs = 0
    const encode = (text: string) => ((nowMs += 10), fakeTokenizer.encode(text))
    const parts = { tokenizer: { ...fakeTokenizer, encode }, clock: { ...fakeClock(), now: () => nowMs } }
    const { submit, session } = setUp(fakeSession(), parts)
    const [patient, urgent] = [submit(['a', 'b'], { priority: 'bulk' }), submit(['c'], { priority: 'bulk' })]
    urgent.raise()
    urgent.raise()
    await Promise.all([patient.rows, urgent.rows])
    expect(session.runs).toEqual([['c'], ['a', 'b']])
  })

  it('is busy when its queue is full, and free again when it is not', async () => {
    const { submit, session, settle } = setUp(fakeSession(), { maxQueuedTokens: 4 })
    const gate = session.holdRuns()
    const first = submit(['a'])
    await settle()
    await settle()
    const waiting = submit(['bbbb'])
    await expect(submit(['c']).rows).rejects.toEqual(refused('busy'))
    expect(() => submit(['d'])).toThrow(refused('busy'))
    gate.release()
    await Promise.all([first.rows, waiting.rows])
    await expect(submit(['e']).rows).resolves.toBeDefined()
  })

  it('raises the class of a piece that waits', async () => {
    const { submit, session, settle } = setUp(fakeSession(), {
      profile: { budgetTokens: 1, overheadTokens: 0 },
    })
    const gate = session.holdRuns()
    const all = [submit(['a'])]
    await settle()
    await settle()
    const raised = submit(['c'], { priority: 'bulk' })
    all.push(submit(['b'], { priority: 'bulk' }), raised, submit(['d']))
    await settle()
    raised.raise()
    gate.release()
    await Promise.all(all.map(({ rows }) => rows))
    expect(session.runs.flat()).toEqual(['a', 'd', 'c', 'b'])
  })

  it('says which rows run before they do', async () => {
    const { engine, running } = setUp()
    await engine.submit(77, piece(['a', 'b'])).rows
    expect(running).toEqual([
      [
        [77, 0],
        [77, 1],
      ],
    ])
  })

  it('measures its batches', async () => {
    const { submit, stats, clock, session } = setUp()
    const gate = session.holdRuns()
    const both = [submit(['aaa']), submit(['bb'])]
    await clock.advance(0)
    await clock.advance(7)
    gate.release()
    await Promise.all(both.map(({ rows }) => rows))
    expect(stats.after(0)).toEqual([{ number: 1, rows: 2, tokens: 5, paddedTokens: 6, waitMs: [0, 0], inferenceMs: 7 }])
  })

  it('finishes what it has, and takes nothing more, when it is drained', async () => {
    const { submit, engine } = setUp()
    const last = submit(['a', 'b'])
    let isDrained = false
    const drained = engine.drain().then(() => (isDrained = true))
    expect(() => submit(['c'])).toThrow(refused('draining'))
    expect(isDrained).toBe(false)
    await expect(last.rows).resolves.toBeDefined()
    await drained
  })

  it('is drained at once when it has nothing', async () => {
    await expect(setUp().engine.drain()).resolves.toBeUndefined()
  })
})

describe('a failing runtime', () => {
  it('fails the one bad text alone', async () => {
    const { submit, session, lost } = setUp(fakeSession((texts) => texts.includes('bad')))
    const [good, bad, fine] = [submit(['one']), submit(['bad']), submit(['two'])]
    await expect(good.rows).resolves.toBeDefined()
    await expect(bad.rows).rejects.toEqual(refused('rejected'))
    await expect(fine.rows).resolves.toBeDefined()
    expect(session.runs.slice(0, 4)).toEqual([['one', 'bad', 'two'], ['one'], ['bad'], ['a']])
    expect(lost).toEqual([])
  })

  it('does not run the other rows of a piece that has failed', async () => {
    const { submit, session } = setUp(fakeSession((texts) => texts.includes('bad')))
    await expect(submit(['bad', 'one', 'longer12']).rows).rejects.toEqual(refused('rejected'))
    await submit(['x']).rows
    expect(session.runs).toEqual([['bad', 'one'], ['bad'], ['a'], ['x']])
  })

  it('is a lost device when it fails on a text that ran before: it is reported once, and nobody is blamed', async () => {
    const { submit, lost, running, session } = setUp(fakeSession(() => true))
    const all = [submit(['one']), submit(['two']), submit(['six'])]
    for (const { rows } of all) await expect(rows).rejects.toEqual(refused('inference'))
    expect(lost).toHaveLength(1)
    expect(running.at(-1)).toEqual([])
    expect(session.runs).toHaveLength(3)
    await expect(submit(['more']).rows).rejects.toEqual(refused('inference'))
    expect(session.runs).toHaveLength(3)
  })
})
