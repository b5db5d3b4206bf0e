import { describe, expect, it } from 'vitest'
import { inFlight } from '../../../../../backends/onnx/supervisor/in-flight.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'

describe('inFlight', () => {
  it('is idle at once when nothing is going on', async () => {
    await inFlight(fakeClock()).idle(1_000)
  })

  it('is idle when the last work has settled, and keeps no timer', async () => {
    const clock = fakeClock()
    const requests = inFlight(clock)
    let finish: (() => void) | undefined
    const work = requests.run(() => new Promise<void>((resolve) => (finish = resolve)))
    const failing = requests.run(() => Promise.reject(new Error('failed'))).catch(() => {})
    let isIdle = false
    const idle = requests.idle(1_000).then(() => (isIdle = true))
    await failing
    await clock.advance(10)
    expect(isIdle).toBe(false)
    finish?.()
    await work
    await idle
    expect(clock.pending).toBe(0)
  })

  it('waits no longer than it may', async () => {
    const clock = fakeClock()
    const requests = inFlight(clock)
    void requests.run(() => new Promise(() => {}))
    const idle = requests.idle(1_000)
    await clock.advance(1_000)
    await idle
  })
})
