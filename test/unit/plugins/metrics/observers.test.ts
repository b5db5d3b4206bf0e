import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { openCall } from '../../../../gateway/core/call.ts'
import { deadlineIn } from '../../../../gateway/core/deadline.ts'
import { computed, type Embeddings, type Try } from '../../../../gateway/core/embeddings.ts'
import { BackendError } from '../../../../gateway/core/errors.ts'
import type { Where } from '../../../../gateway/core/layer.ts'
import type { Backend } from '../../../../gateway/core/backend.ts'
import type { Model } from '../../../../gateway/core/model.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { bounded, tenantsOf } from '../../../../plugins/metrics/bounded.ts'
import { observeResult } from '../../../../plugins/metrics/observe-result.ts'
import { observeTry } from '../../../../plugins/metrics/observe-try.ts'
import { promMeter } from '../../../../plugins/metrics/prom-meter.ts'

const where = { model: { name: 'm' } as Model, backend: { name: 'gpu' } as Backend } satisfies Where
const batch = { texts: ['a', 'b'], truncate: true, space: 's', minParity: 0 }
const tryOf = (backend: string, tier: number, outcome: Try['outcome'], reason?: string): Try => ({
  backend,
  replica: 0,
  tier,
  computing: true,
  outcome,
  ...(reason !== undefined && { reason }),
  durationMs: 1,
})
const answer = (trail: readonly Try[]): Embeddings => ({ ...computed(new Float32Array(2), 1, [3, 4], [0, 1]), trail })

const defer = <T>() => {
  const resolvers: ((value: T) => void)[] = []
  const promise = new Promise<T>((resolve) => void resolvers.push(resolve))
  return { promise, resolve: (value: T) => resolvers[0]?.(value) }
}

const setUp = () => {
  const clock = fakeClock()
  const meter = promMeter(new Registry(), () => {})
  const call = openCall(
    clock,
    { requestId: 'r', tenant: 'a', cache: 'default' },
    'interactive',
    deadlineIn(clock, 1000),
  )
  return { clock, meter, call }
}

describe('observeResult', () => {
  it('counts texts, tokens and truncated texts by model and tenant', async () => {
    const { meter, call } = setUp()
    const embed = observeResult(meter, bounded(new Set(['a'])))(async () => answer([tryOf('gpu', 0, 'success')]), where)
    await embed(batch, call)
    const text = await meter.scrape()
    expect(text).toContain('embedgate_texts_total{model="m",tenant="a"} 2')
    expect(text).toContain('embedgate_tokens_total{model="m",tenant="a"} 7')
    expect(text).toContain('embedgate_truncated_total{model="m",tenant="a"} 1')
    expect(text).not.toMatch(/^embedgate_degraded_total\{/m)
  })

  it('counts a fall from tier to tier, with why', async () => {
    const { meter, call } = setUp()
    const trail = [tryOf('gpu', 0, 'failure', 'timeout'), tryOf('cpu', 1, 'success')]
    await observeResult(meter, String)(async () => answer(trail), where)(batch, call)
    expect(await meter.scrape()).toContain('embedgate_degraded_total{model="m",from="gpu",to="cpu",reason="timeout"} 1')
  })

  it('counts nothing for a request that failed', async () => {
    const { meter, call } = setUp()
    const embed = observeResult(meter, String)(() => Promise.reject(new BackendError('timeout', 'x')), where)
    await expect(embed(batch, call)).rejects.toThrow('x')
    expect(await meter.scrape()).not.toMatch(/^embedgate_texts_total\{/m)
  })

  it('makes no series of a tenant that nobody configured', () => {
    const label = bounded(tenantsOf([{ tenant: 'a' }]))
    expect([label('a'), label('default'), label('evil'), label(undefined)]).toEqual(['a', 'default', 'other', 'other'])
  })
})

describe('observeTry', () => {
  it('counts by outcome, times, and shows what runs', async () => {
    const { meter, call, clock } = setUp()
    const gate = defer<Embeddings>()
    const embed = observeTry(meter, clock)(() => gate.promise, where)
    const running = embed(batch, call)
    expect(await meter.scrape()).toContain('embedgate_backend_in_flight{backend="gpu"} 1')
    await clock.advance(40)
    gate.resolve(answer([]))
    await running
    const text = await meter.scrape()
    expect(text).toContain('embedgate_backend_in_flight{backend="gpu"} 0')
    expect(text).toContain('embedgate_backend_requests_total{backend="gpu",outcome="success"} 1')
    expect(text).toContain('embedgate_backend_request_duration_seconds_sum{backend="gpu"} 0.04')
  })

  it('counts a rejection by its outcome, and lets it through', async () => {
    const { meter, call, clock } = setUp()
    const embed = observeTry(meter, clock)(() => Promise.reject(new BackendError('busy', 'full')), where)
    await expect(embed(batch, call)).rejects.toThrow('full')
    const text = await meter.scrape()
    expect(text).toContain('embedgate_backend_requests_total{backend="gpu",outcome="overload"} 1')
    expect(text).toContain('embedgate_backend_in_flight{backend="gpu"} 0')
  })

  it.each(['open', 'no_place'] as const)('counts and times no try that was not made: %s', async (fault) => {
    const { meter, call, clock } = setUp()
    const embed = observeTry(meter, clock)(() => Promise.reject(new BackendError(fault, 'not now')), where)
    await expect(embed(batch, call)).rejects.toThrow('not now')
    const text = await meter.scrape()
    expect(text).not.toMatch(/^embedgate_backend_requests_total\{.*[1-9]$/m)
    expect(text).not.toMatch(/^embedgate_backend_request_duration_seconds_count\{.*[1-9]$/m)
    expect(text).toContain('embedgate_backend_in_flight{backend="gpu"} 0')
  })

  it('shows all outcomes of a backend before its first try', async () => {
    const { meter, clock } = setUp()
    observeTry(meter, clock)(async () => answer([]), where)
    expect((await meter.scrape()).match(/^embedgate_backend_requests_total\{/gm)).toHaveLength(5)
    expect(await meter.scrape()).toContain('embedgate_backend_in_flight{backend="gpu"} 0')
  })
})
