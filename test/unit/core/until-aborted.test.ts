import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { untilAborted } from '../../../gateway/core/until-aborted.ts'
import { never, outcome } from '../chain/fakes.ts'

describe('untilAborted', () => {
  it('settles like the work, and keeps no listener', async () => {
    const { signal } = new AbortController()
    expect(await untilAborted(signal, Promise.resolve(1))).toBe(1)
    expect(await outcome(untilAborted(signal, Promise.reject(new Error('broken'))))).toMatchObject({
      message: 'broken',
    })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('rejects with the reason at once when the work ignores the signal', async () => {
    const controller = new AbortController()
    const waiting = outcome(untilAborted(controller.signal, never()))
    controller.abort(new Error('enough'))
    expect(await waiting).toMatchObject({ message: 'enough' })
  })

  it('rejects with the reason when the signal was aborted before, and drops how the work ends', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    expect(await outcome(untilAborted(signal, Promise.reject(new Error('late'))))).toMatchObject({ message: 'enough' })
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('drops a rejection that comes after the abort', async () => {
    const controller = new AbortController()
    let fail = (_error: Error): void => {}
    const work = new Promise((_resolve, reject) => {
      fail = reject
    })
    const waiting = outcome(untilAborted(controller.signal, work))
    controller.abort(new Error('enough'))
    fail(new Error('late'))
    expect(await waiting).toMatchObject({ message: 'enough' })
  })
})
