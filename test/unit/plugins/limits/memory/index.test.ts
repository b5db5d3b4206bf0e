import Fastify from 'fastify'
import { expect, it, describe } from 'vitest'
import { batchOf, callOf } from '../../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { gatewayHealth } from '../../../../../plugins/health/health.ts'
import { guardMemory } from '../../../../../plugins/limits/memory/index.ts'
import { embeddingsFor, modelOf } from '../../../http/gateway.ts'

const guarded = () => {
  const clock = fakeClock()
  const lines: object[] = []
  const write = (line: string): void => {
    const { level, msg, used_bytes, limit_bytes } = JSON.parse(line) as Record<string, unknown>
    lines.push({ level, msg, used_bytes, limit_bytes })
  }
  const app = Fastify({ logger: { stream: { write } } })
  const memory = { usedBytes: 500 }
  const health = gatewayHealth(clock)
  app.decorate('clock', clock)
  app.decorate('health', health)
  app.decorate('pressure', {
    memory: { limit: { bytes: 1_000, source: 'configuration' }, usedBytes: () => memory.usedBytes },
    loopDelay: { percentile: () => 0 },
    connectionLimit: 1,
  })
  const shed: string[] = []
  const admit = guardMemory(app, (priority) => shed.push(priority))
  const embed = admit(async ({ texts }) => embeddingsFor(texts), { model: modelOf() })
  return { clock, lines, memory, health, shed, ask: () => embed(batchOf(['a']), callOf(clock)) }
}

describe('guardMemory', () => {
  it('[R4] refuses to compute while memory is full, and counts whom', async () => {
    const { clock, memory, shed, ask } = guarded()
    expect(await ask()).toBeDefined()
    memory.usedBytes = 800
    await clock.advance(2_000)
    await expect(ask()).rejects.toMatchObject({ code: 'EG_OUT_OF_MEMORY', retryAfterMs: 5_000 })
    expect(shed).toEqual(['interactive'])
    memory.usedBytes = 700
    await clock.advance(250)
    expect(await ask()).toBeDefined()
  })

  it('[R4] logs once what it does about it, with the numbers, and once that it is over', async () => {
    const { clock, memory, lines } = guarded()
    memory.usedBytes = 850
    await clock.advance(10_000)
    memory.usedBytes = 740
    await clock.advance(10_000)
    expect(lines).toEqual([
      { level: 40, msg: 'memory is scarce: caches are dropped', used_bytes: 850, limit_bytes: 1_000 },
      { level: 50, msg: 'memory is full: what must be computed is refused', used_bytes: 850, limit_bytes: 1_000 },
      {
        level: 30,
        msg: 'memory is free again: nothing is refused for want of it',
        used_bytes: 740,
        limit_bytes: 1_000,
      },
    ])
  })

  it('[R4] shows on the health page that work is refused, which does not make the gateway unready', async () => {
    const { clock, memory, health } = guarded()
    const shown = async () => (await health.report('all')).components['memoryGuard']
    expect(await shown()).toEqual({ ok: true, facts: { refusing: false } })
    memory.usedBytes = 850
    await clock.advance(10_000)
    expect(await shown()).toEqual({
      ok: false,
      detail:
        'what must be computed is refused until less than 75 % of the memory limit is in use, or less than 80 % for 10 s',
      facts: { refusing: true },
    })
    expect((await health.report('all')).ready).toBe(true)
  })
})
