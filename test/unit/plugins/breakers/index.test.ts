import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { describe, expect, it } from 'vitest'
import type { Backend, BackendPolicy } from '../../../../gateway/core/backend.ts'
import { computed } from '../../../../gateway/core/embeddings.ts'
import { BackendError } from '../../../../gateway/core/errors.ts'
import type { EmbedFn, Layer } from '../../../../gateway/core/layer.ts'
import type { ConfiguredBackend, Gate } from '../../../../gateway/core/served-model.ts'
import { batchOf, callOf } from '../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import errors from '../../../../gateway/http/errors.ts'
import requests from '../../../../gateway/http/requests.ts'
import breakers from '../../../../plugins/breakers/index.ts'
import pressure from '../../../../plugins/pressure/index.ts'
import health from '../../../../plugins/health/index.ts'
import metrics from '../../../../plugins/metrics/index.ts'
import { parseConfig } from '../../../../gateway/config/load.ts'
import { fakeModel } from '../../chain/fakes.ts'
import { defaults } from './subject.ts'

const { config } = parseConfig('test.yaml', '', {})

/** The plugin in an app of its own, and what it has put into the chain. */
const build = async () => {
  const clock = fakeClock()
  const logged: { readonly level: number; readonly msg: string }[] = []
  const app: FastifyInstance = Fastify({
    logger: {
      level: 'info',
      base: null,
      timestamp: false,
      stream: { write: (line) => void logged.push(JSON.parse(line)) },
    },
  })
  let gateOf: ((configured: ConfiguredBackend) => Gate) | undefined
  let layer: Layer | undefined
  app.decorate('clock', clock)
  await app.register(errors)
  await app.register(requests)
  await app.register(metrics, config)
  await app.register(pressure, config.limits)
  await app.register(health, config.server)
  await app.register(
    fp(
      async (instance) => {
        instance.decorate('chain', {
          fill: (_slot, filled) => void (layer = filled),
          gate: (made) => void (gateOf = made),
          onDrift: () => {},
        })
      },
      { name: 'chain' },
    ),
  )
  await app.register(breakers, config)
  if (!gateOf || !layer) throw new Error('the plugin has not filled its places')
  const places = { gateOf, layer }

  /** A replica as one model uses it. */
  const replica = (name: string, number = 0, policy: BackendPolicy = {}, over: Partial<Backend> = {}) => {
    const backend = { name, replica: number, computing: true, queueing: false, ...over } as Backend
    const gate = places.gateOf({ backend, policy })
    const next: EmbedFn = async ({ texts: [text] }) => {
      if (text === 'fail') throw new BackendError('connection', 'reset')
      return computed([[1]], 1, [1])
    }
    const embed = places.layer(next, { backend, policy, model: fakeModel() })
    const call = async (text: string, count = 1): Promise<void> => {
      for (let each = 0; each < count; each++) await embed(batchOf([text]), callOf(clock)).catch(() => {})
    }
    return { gate, call, embed, next }
  }
  const scrape = async (name: string): Promise<string[]> =>
    (await app.metricsText()).split('\n').filter((line) => line.startsWith(`embedgate_${name}{`))
  return { app, clock, logged, replica, scrape }
}

describe('plugin breakers', () => {
  it('[R1] has one breaker for each replica, shared by all models that use it', async () => {
    const { app, replica } = await build()
    const first = replica('gpu')
    const again = replica('gpu')
    const other = replica('gpu', 1)
    await first.call('fail', 3)
    await again.call('fail', 2)
    expect(first.gate.bar()).toMatchObject({ reason: 'breaker_open' })
    expect(again.gate.bar()).toMatchObject({ reason: 'breaker_open' })
    expect(other.gate.bar()).toBeUndefined()
    expect(app.breakers.list()).toMatchObject([
      { backend: 'gpu', replica: 0, state: 'open', cause: 'burst', windows: { burst: { calls: 5, failures: 5 } } },
      { backend: 'gpu', replica: 1, state: 'closed', mode: 'auto' },
    ])
  })

  it('leaves a reader of stored results alone', async () => {
    const { app, replica } = await build()
    const { gate, embed, next } = replica('cached', 0, {}, { computing: false })
    expect(embed).toBe(next)
    expect(gate.bar()).toBeUndefined()
    expect(app.breakers.list()).toEqual([])
  })

  it('lets an entry replace single keys, also after the section has changed', async () => {
    const { app, replica } = await build()
    const strict = replica('strict', 0, { breaker: { burst: { failures: 2 } } })
    const usual = replica('usual')
    await strict.call('fail', 2)
    await usual.call('fail', 2)
    expect([strict.gate.bar() === undefined, usual.gate.bar() === undefined]).toEqual([false, true])
    app.breakers.reset()
    app.breakers.configure({ ...defaults, burst: { ...defaults.burst, failures: 3, cooldownMs: 1_000 } })
    await strict.call('fail', 2)
    await usual.call('fail', 3)
    expect(strict.gate.bar()?.retryAfterMs).toBeLessThanOrEqual(1_200)
    expect(usual.gate.bar()?.retryAfterMs).toBeLessThanOrEqual(1_200)
  })

  it("takes a probe's limit from the entry, otherwise from timeouts.inferenceMs", async () => {
    const { clock, replica } = await build()
    const quick = replica('quick', 0, { timeoutMs: 100 })
    const usual = replica('usual')
    for (const { call } of [quick, usual]) await call('fail', 5)
    await clock.advance(36_000)
    const probes = [quick, usual].map(({ call }) => call('ok'))
    expect([quick.gate.bar()?.retryAfterMs, usual.gate.bar()?.retryAfterMs]).toEqual([100, 5_000])
    await Promise.all(probes)
  })

  it('gives a large call as many inferences as it has pieces, where the replica keeps a queue of its own', async () => {
    const { clock, replica } = await build()
    const queueing = replica('queueing', 0, {}, { queueing: true })
    const plain = replica('plain')
    for (const { call } of [queueing, plain]) await call('fail', 5)
    await clock.advance(36_000)
    const large = Array.from({ length: 100 }, () => 'x'.repeat(400))
    const probes = [queueing, plain].map(({ embed }) => embed(batchOf(large), callOf(clock)))
    // 100 texts of about 102 tokens are five pieces of 2 048.
    expect([queueing.gate.bar()?.retryAfterMs, plain.gate.bar()?.retryAfterMs]).toEqual([25_000, 5_000])
    await Promise.all(probes)
  })

  it('[R1] obeys an operator: one replica, a whole backend, or none of that name', async () => {
    const { app, replica } = await build()
    const replicas = [replica('gpu'), replica('gpu', 1), replica('cpu')]
    const barred = (): boolean[] => replicas.map(({ gate }) => gate.bar() !== undefined)
    expect(app.breakers.setMode('gpu', 1, 'forced-open')).toBe(1)
    expect(barred()).toEqual([false, true, false])
    expect(app.breakers.setMode('gpu', undefined, 'forced-open')).toBe(2)
    expect(barred()).toEqual([true, true, false])
    expect(app.breakers.setMode('gpu', undefined, 'auto')).toBe(2)
    expect(barred()).toEqual([false, false, false])
    expect([app.breakers.setMode('tpu', undefined, 'auto'), app.breakers.setMode('gpu', 7, 'auto')]).toEqual([0, 0])
  })

  it('[R1] resets one backend or all', async () => {
    const { app, replica } = await build()
    const [gpu, cpu] = [replica('gpu'), replica('cpu')]
    for (const { call } of [gpu, cpu]) await call('fail', 5)
    expect(app.breakers.reset('gpu')).toBe(1)
    expect([gpu.gate.bar() === undefined, cpu.gate.bar() === undefined]).toEqual([true, false])
    expect([app.breakers.reset(), app.breakers.reset('tpu')]).toEqual([2, 0])
    expect(cpu.gate.bar()).toBeUndefined()
  })

  it('[O1] shows state and ratio at every scrape, also when nothing has happened since, and counts changes', async () => {
    const { clock, replica, scrape } = await build()
    const { call } = replica('gpu')
    const state = 'embedgate_circuit_breaker_state{backend="gpu",replica="0"}'
    const ratio = 'embedgate_circuit_breaker_error_ratio{backend="gpu",replica="0"}'
    expect(await scrape('circuit_breaker_state')).toEqual([`${state} 0`])
    expect(await scrape('circuit_breaker_error_ratio')).toEqual([`${ratio} 0`])
    await call('ok', 5)
    await call('fail', 5)
    expect(await scrape('circuit_breaker_state')).toEqual([`${state} 2`])
    expect(await scrape('circuit_breaker_error_ratio')).toEqual([`${ratio} 0.5`])
    await clock.advance(36_000)
    expect(await scrape('circuit_breaker_state')).toEqual([`${state} 1`])
    expect(await scrape('circuit_breaker_transitions_total')).toEqual([
      'embedgate_circuit_breaker_transitions_total{backend="gpu",replica="0",from="closed",to="open",cause="burst"} 1',
      'embedgate_circuit_breaker_transitions_total{backend="gpu",replica="0",from="open",to="half-open",cause="burst"} 1',
    ])
  })

  it('writes one line for each change, a warning when it opens', async () => {
    const { clock, replica, logged } = await build()
    const { call } = replica('gpu', 1)
    await call('fail', 5)
    await clock.advance(36_000)
    await call('ok', 2)
    const key = { backend: 'gpu', replica: 1, cause: 'burst' }
    expect(logged).toEqual([
      {
        ...key,
        level: 40,
        msg: 'circuit breaker opened',
        from: 'closed',
        to: 'open',
        failures: 5,
        calls: 5,
        cooldownMs: expect.any(Number),
      },
      { ...key, level: 30, msg: 'circuit breaker is half-open', from: 'open', to: 'half-open', failures: 0, calls: 0 },
      { ...key, level: 30, msg: 'circuit breaker is closed', from: 'half-open', to: 'closed', failures: 0, calls: 0 },
    ])
  })

  it('[O4] is a component of health: not in order while one is open, and never a reason to be unready', async () => {
    const { app, clock, replica } = await build()
    const { call } = replica('gpu')
    replica('gpu', 1)
    await call('fail', 5)
    const report = await app.health.report('all')
    expect(report.components['breakers']).toEqual({
      ok: false,
      detail: 'gpu is open (burst)',
      facts: {
        gpu: { state: 'open', mode: 'auto', cause: 'burst' },
        'gpu/1': { state: 'closed', mode: 'auto', cause: undefined },
      },
    })
    expect((await app.health.report('ready')).components).not.toHaveProperty('breakers')
    await clock.advance(36_000)
    expect((await app.health.report('all')).components['breakers']?.ok).toBe(true)
  })
})
