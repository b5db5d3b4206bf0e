import { describe, expect, it, vi } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { cachedCheck, type ComponentHealth } from '../../../../plugins/health/component.ts'
import { gatewayHealth } from '../../../../plugins/health/health.ts'

const good: ComponentHealth = { ok: true }
type Check = (signal: AbortSignal) => ComponentHealth | Promise<ComponentHealth>
const component = (check: Check, name = 'c', ready = true) => ({ name, ready, check })
const never: Check = () => new Promise(() => {})

describe('cachedCheck', () => {
  it('asks again after five seconds, not before', async () => {
    const clock = fakeClock()
    const check = vi.fn<Check>(() => good)
    const { fresh: ask } = cachedCheck(component(check), clock)
    await ask()
    expect(clock.pending).toBe(0)
    await clock.advance(4999)
    await ask()
    expect(check).toHaveBeenCalledTimes(1)
    await clock.advance(1)
    await ask()
    expect(check).toHaveBeenCalledTimes(2)
  })

  it('asks again soon when the answer was bad, so that readiness comes as soon as it can', async () => {
    const clock = fakeClock()
    let ok = false
    const { fresh: ask } = cachedCheck(
      component(() => ({ ok })),
      clock,
    )
    expect(await ask()).toEqual({ ok: false })
    ok = true
    await clock.advance(500)
    expect(await ask()).toEqual({ ok: true })
  })

  it('gives up after a second, tells the check to stop, and leaves no timer', async () => {
    const clock = fakeClock()
    const signals: AbortSignal[] = []
    const asked = cachedCheck(
      component((signal) => {
        signals.push(signal)
        return never(signal)
      }),
      clock,
    ).fresh()
    await clock.advance(1000)
    expect(await asked).toEqual({ ok: false, detail: 'no answer within 1000 ms' })
    expect(signals[0]?.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('is not ok when a check throws or rejects, at once or after it was given up', async () => {
    const clock = fakeClock()
    const thrown = cachedCheck(
      component(() => {
        throw new Error('broken')
      }),
      clock,
    )
    expect(await thrown.fresh()).toEqual({ ok: false, detail: 'broken' })
    const tooLate: Check = () => new Promise((_, reject) => void clock.after(1500, () => reject(new Error('late'))))
    const late = cachedCheck(component(tooLate), clock)
    const asked = late.fresh()
    await clock.advance(2000)
    expect(await asked).toMatchObject({ detail: 'no answer within 1000 ms' })
  })

  it('asks once for many who ask at the same time', async () => {
    const clock = fakeClock()
    const check = vi.fn<Check>(async () => good)
    const { fresh: ask } = cachedCheck(component(check), clock)
    await Promise.all([ask(), ask(), ask()])
    expect(check).toHaveBeenCalledTimes(1)
  })

  it('keeps what a check says when it is told to stop', async () => {
    const clock = fakeClock()
    const stops: Check = (signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({ ok: false, detail: 'cpu hangs' })))
    const asked = cachedCheck(component(stops), clock).fresh()
    await clock.advance(1000)
    expect(await asked).toEqual({ ok: false, detail: 'cpu hangs' })
    expect(clock.pending).toBe(0)
  })

  it('tells the last answer without waiting, and asks again when it is old, only when somebody looks', async () => {
    const clock = fakeClock()
    const check = vi.fn<Check>(async () => good)
    const { latest } = cachedCheck(component(check), clock)
    expect([latest(), latest()]).toEqual([undefined, undefined])
    await clock.advance(60_000)
    expect(check).toHaveBeenCalledTimes(1)
    expect(latest()).toBe(good)
    expect(check).toHaveBeenCalledTimes(2)
    await clock.advance(4999)
    latest()
    expect(check).toHaveBeenCalledTimes(2)
  })

  it('tells the last answer while a question hangs, which is not asked twice', async () => {
    const clock = fakeClock()
    let isHanging = false
    const check = vi.fn<Check>((signal) => (isHanging ? never(signal) : Promise.resolve(good)))
    const { latest } = cachedCheck(component(check), clock)
    latest()
    await clock.advance(5000)
    isHanging = true
    for (let look = 0; look < 3; look++) expect(latest()).toBe(good)
    expect(check).toHaveBeenCalledTimes(2)
    await clock.advance(1000)
    expect(latest()).toMatchObject({ ok: false })
  })

  it('tells at once what a check knows without asking anybody', () => {
    const { latest } = cachedCheck(
      component(() => good),
      fakeClock(),
    )
    expect(latest()).toBe(good)
  })

  it('never serves an answer older than five seconds, however long its question took', async () => {
    const clock = fakeClock()
    const check = vi.fn<Check>(() => new Promise((resolve) => clock.after(900, () => resolve(good))))
    const { fresh: ask } = cachedCheck(component(check), clock)
    const asked = ask()
    await clock.advance(900)
    await asked
    await clock.advance(4100)
    void ask()
    expect(check).toHaveBeenCalledTimes(2)
  })
})

describe('gatewayHealth', () => {
  it('asks in parallel: many hanging components take one second together', async () => {
    const clock = fakeClock()
    const health = gatewayHealth(clock)
    for (const name of ['a', 'b', 'c']) health.add(component(never, name))
    const report = health.report('all')
    await clock.advance(1000)
    expect(Object.keys((await report).components)).toEqual(['a', 'b', 'c'])
  })

  it('is ready when those that count are, whatever the others say', async () => {
    const health = gatewayHealth(fakeClock())
    health.add(component(() => good, 'counts'))
    health.add(component(() => ({ ok: false }), 'shown', false))
    expect(await health.report('all')).toMatchObject({ ok: false, ready: true })
    expect(Object.keys((await health.report('ready')).components)).toEqual(['counts'])
    health.add(component(() => ({ ok: false }), 'counts too'))
    expect(await health.report('ready')).toMatchObject({ ready: false })
  })

  it('tells what its components said last, with their names', async () => {
    const clock = fakeClock()
    const health = gatewayHealth(clock)
    health.add(component(() => good, 'counts'))
    health.add(component(never, 'hangs', false))
    expect(health.latest()).toEqual([{ name: 'counts', ready: true, ok: true }])
    await clock.advance(1000)
    expect(health.latest()).toMatchObject([{ name: 'counts' }, { name: 'hangs', ready: false, ok: false }])
  })

  it('is not ready any more once it drains, without waiting for a cached answer to age', async () => {
    const health = gatewayHealth(fakeClock())
    expect(await health.report('ready')).toMatchObject({ ready: true })
    health.drain()
    expect(await health.report('ready')).toMatchObject({ ready: false, draining: true })
  })
})
