import { describe, expect, it } from 'vitest'
import { noRejectedTexts } from '../../../../../backends/onnx/supervisor/rejected-texts.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'

describe('rejected texts', () => {
  it('are remembered for ten minutes after they were added last', async () => {
    const clock = fakeClock()
    const texts = noRejectedTexts(clock)
    expect(texts.has('a')).toBe(false)
    texts.add('a')
    await clock.advance(400_000)
    texts.add('a')
    await clock.advance(599_999)
    expect([texts.has('a'), texts.has('b')]).toEqual([true, false])
    await clock.advance(1)
    expect(texts.has('a')).toBe(false)
  })

  it('are 4 096 at most: the oldest is forgotten', () => {
    const texts = noRejectedTexts(fakeClock())
    for (let count = 0; count <= 4_096; count++) texts.add(`text ${count}`)
    expect([texts.has('text 0'), texts.has('text 1'), texts.has('text 4096')]).toEqual([false, true, true])
  })
})
