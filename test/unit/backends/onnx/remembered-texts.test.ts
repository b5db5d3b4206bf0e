import { describe, expect, it } from 'vitest'
import { keptMs, mostTexts, rememberedTexts } from '../../../../backends/onnx/remembered-texts.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'

describe('remembered texts', () => {
  it('are forgotten some time after something was learnt of them', async () => {
    const clock = fakeClock()
    const texts = rememberedTexts<number>(clock)
    expect(texts.get('a')).toBeUndefined()
    texts.set('a', 1)
    await clock.advance(keptMs - 1)
    texts.set('a', 2)
    await clock.advance(keptMs - 1)
    expect([texts.get('a'), texts.get('b')]).toEqual([2, undefined])
    await clock.advance(1)
    expect(texts.get('a')).toBeUndefined()
  })

  it('are so many at most: what was set longest ago is forgotten', () => {
    const texts = rememberedTexts<number>(fakeClock())
    for (let count = 0; count < mostTexts; count++) texts.set(`text ${count}`, count)
    texts.set('text 0', 0)
    texts.set('one more', -1)
    expect([texts.get('text 0'), texts.get('text 1'), texts.get('text 2')]).toEqual([0, undefined, 2])
  })

  it('are forgotten one by one, or by what is known of them', () => {
    const texts = rememberedTexts<number>(fakeClock())
    for (const known of [1, 2, 3, 4]) texts.set(`text ${known}`, known)
    texts.delete('text 1')
    texts.forget((known) => known % 2 === 0)
    expect([...texts.values()]).toEqual([3])
  })
})
