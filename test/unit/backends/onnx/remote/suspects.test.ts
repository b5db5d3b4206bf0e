import { describe, expect, it } from 'vitest'
import { keptMs } from '../../../../../backends/onnx/remembered-texts.ts'
import { noSuspects } from '../../../../../backends/onnx/remote/suspects.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'

const setUp = () => {
  const clock = fakeClock()
  return { clock, suspects: noSuspects(clock) }
}

describe('suspects', () => {
  it('are nobody at first', () => {
    expect(setUp().suspects.verdict('a')).toBe('clear')
  })

  it('run alone after one loss, and are withheld after two, from all workers', () => {
    const { suspects } = setUp()
    suspects.note('a', 'one')
    expect([suspects.verdict('a'), suspects.verdict('b')]).toEqual(['alone', 'clear'])
    suspects.note('a', 'one')
    expect(suspects.verdict('a')).toBe('alone')
    suspects.note('a', 'two')
    expect(suspects.verdict('a')).toBe('withheld')
  })

  it('are rejected only when both workers are known to have died', () => {
    const { suspects } = setUp()
    suspects.note('a', 'one')
    suspects.note('a', 'two')
    suspects.died('one')
    expect(suspects.verdict('a')).toBe('withheld')
    suspects.died('two')
    expect(suspects.verdict('a')).toBe('rejected')
  })

  it('are cleared by a worker that lives: the network was at fault', () => {
    const { suspects } = setUp()
    suspects.note('a', 'one')
    suspects.note('a', 'two')
    suspects.lives('two')
    expect(suspects.verdict('a')).toBe('alone')
    suspects.lives('one')
    expect(suspects.verdict('a')).toBe('clear')
  })

  it('are cleared by an answer', () => {
    const { suspects } = setUp()
    suspects.note('a', 'one')
    suspects.clear('a')
    expect(suspects.verdict('a')).toBe('clear')
  })

  it('are forgotten some time after the last loss', async () => {
    const { clock, suspects } = setUp()
    suspects.note('a', 'one')
    await clock.advance(keptMs - 1)
    suspects.note('a', 'two')
    await clock.advance(keptMs - 1)
    expect(suspects.verdict('a')).toBe('withheld')
    await clock.advance(1)
    expect(suspects.verdict('a')).toBe('clear')
  })
})
