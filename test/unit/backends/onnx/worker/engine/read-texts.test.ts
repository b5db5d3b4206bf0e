import { describe, expect, it } from 'vitest'
import type { Priority } from '../../../../../../gateway/core/call.ts'
import { CallerGone } from '../../../../../../gateway/core/errors.ts'
import { fakeClock } from '../../../../../../gateway/testing/fake-clock.ts'
import { createPiece } from '../../../../../../backends/onnx/worker/engine/piece.ts'
import { createTextReader } from '../../../../../../backends/onnx/worker/engine/read-texts.ts'
import { fakeTokenizer } from '../fake-session.ts'

/** A reader for which every text takes `msPerText`. */
const setUp = (msPerText: number) => {
  let nowMs = 0
  const read: string[] = []
  const complete: string[] = []
  const names: string[] = []
  const encode = (text: string) => {
    nowMs += msPerText
    read.push(text)
    return fakeTokenizer.encode(text)
  }
  const clock = { ...fakeClock(), now: () => nowMs }
  const reader = createTextReader({ ...fakeTokenizer, encode }, clock, ({ id }) => complete.push(names[id] ?? ''))
  const add = (name: string, texts: readonly string[], priority: Priority = 'interactive', truncate = true) => {
    const piece = createPiece(names.push(name) - 1, texts.length, 2, priority)
    piece.rows.catch(() => {})
    reader.add(piece, { texts, truncate, tenant: 't', deadlineAtMs: 1_000 })
    return piece
  }
  const readAll = (): void => {
    while (reader.isWaiting()) reader.readSlice()
  }
  return { reader, add, read, complete, readAll, now: () => nowMs }
}

const many = (count: number, text: string): readonly string[] => Array.from({ length: count }, () => text)

describe('reading texts', () => {
  it('takes one slice a turn for all pieces together, however many there are', () => {
    const { reader, add, complete, now } = setUp(3)
    for (let at = 0; at < 8; at++) add(`piece ${at}`, many(55, 'a'))
    while (reader.isWaiting()) {
      const startedMs = now()
      reader.readSlice()
      expect(now() - startedMs).toBeLessThanOrEqual(9)
    }
    expect(complete).toHaveLength(8)
  })

  it('reads one text a turn where each takes longer than a slice', () => {
    const { reader, add, read } = setUp(26)
    for (let at = 0; at < 8; at++) add(`piece ${at}`, many(55, 'a'))
    reader.readSlice()
    expect(read).toHaveLength(1)
  })

  it('does not hold back a piece of one text behind a large one', () => {
    const { reader, add, complete } = setUp(5)
    const large = add('large', many(2_000, 'a'))
    add('small', ['b'])
    reader.readSlice()
    expect(complete).toEqual(['small'])
    expect(large.entries).toHaveLength(1)
  })

  it('reads interactive pieces first, and leaves bulk a fifth of the time', () => {
    const { add, read, readAll } = setUp(4)
    add('bulk', many(20, 'b'), 'bulk')
    add('interactive', many(40, 'i'))
    readAll()
    expect(read.slice(0, 8)).toEqual(many(8, 'i'))
    expect(read.slice(0, 50).filter((text) => text === 'b')).toHaveLength(10)
  })

  it('moves a piece that is raised, and reads each of its texts once', () => {
    const { reader, add, read, readAll } = setUp(10)
    add('bulk', ['b', 'b'], 'bulk')
    const raised = add('raised', ['1', '2'], 'bulk')
    reader.readSlice()
    raised.priority = 'interactive'
    reader.raise(raised)
    readAll()
    reader.raise(raised)
    expect(read).toEqual(['b', '1', '2', 'b'])
    expect(reader.isWaiting()).toBe(false)
  })

  it('reads nothing more of a piece that is cancelled', () => {
    const { reader, add, read, complete } = setUp(8)
    const gone = add('gone', many(10, 'a'))
    reader.readSlice()
    gone.refuse(new CallerGone())
    expect(reader.isWaiting()).toBe(false)
    add('stays', ['b'])
    reader.readSlice()
    expect(read).toEqual(['a', 'b'])
    expect(complete).toEqual(['stays'])
  })

  it('does not say which text is too long: the place in a piece is not the place in the request', async () => {
    const { add, readAll, complete } = setUp(1)
    const piece = add('piece', ['ok', 'muchtoolong', 'ok'], 'interactive', false)
    readAll()
    await expect(piece.rows).rejects.toMatchObject({
      reason: 'too_long',
      message: 'a text is longer than the model reads',
    })
    expect(complete).toEqual([])
  })
})
