import { Registry } from 'prom-client'
import { describe, expect, it, vi } from 'vitest'
import { promMeter } from '../../../../plugins/metrics/prom-meter.ts'

const setUp = () => {
  const onFault = vi.fn<(error: unknown) => void>()
  const registry = new Registry()
  return { meter: promMeter(registry, onFault), onFault, registry }
}

describe('promMeter', () => {
  it('prefixes names, and shows what was recorded', async () => {
    const { meter } = setUp()
    meter.counter('a_total', 'A.', ['x'])({ x: 'one' })(2)
    meter.gauge('b', 'B.', [])({})(5)
    meter.histogram('c_seconds', 'C.', [], [1, 2])({})(1.5)
    const text = await meter.scrape()
    expect(text).toContain('embedgate_a_total{x="one"} 2')
    expect(text).toContain('embedgate_b 5')
    expect(text).toContain('embedgate_c_seconds_bucket{le="2"} 1')
  })

  it('shows a counter and a histogram from the moment they are bound, so that rates have a beginning', async () => {
    const { meter } = setUp()
    meter.counter('a_total', 'A.', ['x'])({ x: 'one' })
    meter.histogram('c_seconds', 'C.', ['x'], [1])({ x: 'one' })
    const text = await meter.scrape()
    expect(text).toContain('embedgate_a_total{x="one"} 0')
    expect(text).toContain('embedgate_c_seconds_count{x="one"} 0')
  })

  it('gives the same series to everybody who asks for it', async () => {
    const { meter } = setUp()
    const bind = meter.counter('a_total', 'A.', ['x', 'y'])
    expect(bind({ x: '1', y: '2' })).toBe(bind({ y: '2', x: '1' }))
    bind({ x: '1', y: '2' })()
    meter.counter('a_total', 'A.', ['x', 'y'])({ x: '1', y: '2' })()
    expect(await meter.scrape()).toContain('embedgate_a_total{x="1",y="2"} 2')
  })

  it('keeps series apart that are asked for in turns', async () => {
    const { meter } = setUp()
    const bind = meter.counter('a_total', 'A.', ['x', 'y'])
    for (let turn = 0; turn < 3; turn++) {
      bind({ x: '1', y: '2' })()
      bind({ x: '2', y: '1' })(10)
    }
    const text = await meter.scrape()
    expect(text).toContain('embedgate_a_total{x="1",y="2"} 3')
    expect(text).toContain('embedgate_a_total{x="2",y="1"} 30')
  })

  it('shows the same when it is scraped twice, and more once more was recorded', async () => {
    const { meter } = setUp()
    const count = meter.counter('a_total', 'A.', [])({})
    const level = meter.gauge('b', 'B.', [])({})
    count(2)
    level(5)
    const text = await meter.scrape()
    expect(await meter.scrape()).toBe(text)
    count()
    level(4)
    const later = await meter.scrape()
    expect(later).toContain('embedgate_a_total 3')
    expect(later).toContain('embedgate_b 4')
  })

  it('sorts values into buckets up to and with their bound, and adds them up', async () => {
    const { meter } = setUp()
    const observe = meter.histogram('c_seconds', 'C.', ['x'], [1, 2])({ x: 'one' })
    for (const value of [0.5, 1, 1.5, 3]) observe(value)
    expect((await meter.scrape()).trim().split('\n')).toEqual([
      '# HELP embedgate_c_seconds C.',
      '# TYPE embedgate_c_seconds histogram',
      'embedgate_c_seconds_bucket{le="1",x="one"} 2',
      'embedgate_c_seconds_bucket{le="2",x="one"} 3',
      'embedgate_c_seconds_bucket{le="+Inf",x="one"} 4',
      'embedgate_c_seconds_sum{x="one"} 6',
      'embedgate_c_seconds_count{x="one"} 4',
    ])
  })

  it('keeps what a histogram has seen when it is bound a second time', async () => {
    const { meter } = setUp()
    meter.histogram('c_seconds', 'C.', ['x'], [1])({ x: 'one' })(0.5)
    meter.histogram('c_seconds', 'C.', ['x'], [1])({ x: 'one' })(0.5)
    expect(await meter.scrape()).toContain('embedgate_c_seconds_count{x="one"} 2')
  })

  it('refuses one name for two things', () => {
    const { meter } = setUp()
    meter.counter('a_total', 'A.', ['x'])
    expect(() => meter.gauge('a_total', 'A.', ['x'])).toThrow('is there already')
    expect(() => meter.counter('a_total', 'A.', ['y'])).toThrow('is there already')
  })

  it.each([Number.NaN, Infinity, -1])('drops %s instead of failing what it measures', async (value) => {
    const { meter } = setUp()
    meter.counter('a_total', 'A.', [])({})(value)
    expect(await meter.scrape()).toContain('embedgate_a_total 0')
  })

  it('drops what a histogram cannot take', async () => {
    const { meter } = setUp()
    meter.histogram('c_seconds', 'C.', [], [1])({})(Number.NaN)
    expect(await meter.scrape()).toContain('embedgate_c_seconds_count 0')
  })

  it('collects before each scrape, and survives a collector that throws', async () => {
    const { meter, onFault } = setUp()
    const level = meter.gauge('b', 'B.', [])({})
    meter.onScrape(() => {
      throw new Error('broken')
    })
    meter.onScrape(() => level(7))
    expect(await meter.scrape()).toContain('embedgate_b 7')
    expect(onFault).toHaveBeenCalledOnce()
  })

  it('takes only labels from what is bound, whatever else it carries', async () => {
    const { meter } = setUp()
    const labels = { x: 'one', durationMs: 5 }
    meter.counter('a_total', 'A.', ['x'])(labels)()
    expect(await meter.scrape()).toContain('embedgate_a_total{x="one"} 1')
  })

  it('tells what counters and gauges have come to, before and after a scrape, and collects once for all of them', async () => {
    const { meter } = setUp()
    const count = meter.counter('a_total', 'A.', ['x'])({ x: 'one' })
    const level = meter.gauge('b', 'B.', [])({})
    let collected = 0
    meter.onScrape(() => level(++collected))
    count(2)
    await meter.scrape()
    count(3)
    expect(meter.read('a_total', 'b', 'nobody_has_this')).toEqual({
      a_total: [{ labels: { x: 'one' }, value: 5 }],
      b: [{ labels: {}, value: 2 }],
      nobody_has_this: [],
    })
  })
})
