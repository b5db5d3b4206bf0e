import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDuration, writeDuration } from '../../../../monitoring/stack/durations.ts'
import { rescaled, ruleFiles } from '../../../../monitoring/stack/rules.ts'

describe('durations', () => {
  it('are read as Prometheus does', () => {
    expect(['500ms', '15s', '5m', '1h30m', '3d', '1w'].map(readDuration)).toEqual([
      500, 15_000, 300_000, 5_400_000, 259_200_000, 604_800_000,
    ])
  })

  it('are read again as they are written', () => {
    fc.assert(fc.property(fc.nat(), (ms) => readDuration(writeDuration(ms)) === ms))
  })

  it.each(['', '5', '5 m', 'm5', '5m!'])('are not %j', (text) => {
    expect(() => readDuration(text)).toThrow('is no duration')
  })
})

describe('rescaled rules', () => {
  const file = {
    groups: [
      {
        name: 'g',
        rules: [
          { alert: 'A', expr: 'rate(a[5m]) / rate(c[1h]) > 0.5', for: '10m' },
          { record: 'level:a:sum', expr: 'sum(a)' },
        ],
      },
    ],
  }

  it('have other windows and waits, and are otherwise the same', () => {
    expect(
      rescaled(file, (ms, { alert }, of) => (alert === 'A' && of === 'wait' ? 1 : ms / 60)).groups[0]?.rules,
    ).toEqual([
      { alert: 'A', expr: 'rate(a[5000ms]) / rate(c[60000ms]) > 0.5', for: '1ms' },
      { record: 'level:a:sum', expr: 'sum(a)' },
    ])
  })

  it('of this repository have every window scaled', () => {
    const rules = [...ruleFiles().values()].flatMap((each) =>
      rescaled(each, () => 7_000).groups.flatMap((group) => group.rules),
    )
    expect(rules.filter(({ expr }) => /\[(?!7000ms)\w+\]/.test(expr))).toEqual([])
  })
})
