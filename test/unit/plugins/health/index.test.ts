import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import type { Health } from '../../../../gateway/core/backend.ts'
import { noMeter } from '../../../../gateway/core/meter.ts'
import type { ReplicaState, ReplicaStatus, ServedModel, TierStatus } from '../../../../gateway/core/served-model.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import health from '../../../../plugins/health/index.ts'
import pressure from '../../../../plugins/pressure/index.ts'
import fp from 'fastify-plugin'

const apps: FastifyInstance[] = []
afterEach(async () => void (await Promise.all(apps.splice(0).map((app) => app.close()))))

interface Given {
  readonly backend: string
  readonly state: ReplicaState
  readonly optional?: boolean
  readonly computing?: boolean
  readonly remote?: boolean
  readonly replica?: number
}

const statusOf = ({
  backend,
  state,
  optional = false,
  computing = true,
  replica = 0,
  remote = false,
}: Given): ReplicaStatus => ({
  backend,
  replica,
  kind: 'k',
  computing,
  optional,
  remote,
  state,
  sinceMs: 0,
  inFlight: 0,
})
const tierOf = (status: ReplicaStatus, tier: number): TierStatus => ({
  name: status.backend,
  tier,
  computing: status.computing,
  available: status.state === 'serving',
  replicas: [status],
})

const build = async (
  given: readonly Given[],
  options: { publicMetrics?: boolean; asked?: Map<string, Health>; memoryBytes?: number } = {},
) => {
  const replicas = given.map(statusOf)
  const app = Fastify()
  apps.push(app)
  await app.register(
    fp(
      async (instance) => {
        const clock = fakeClock()
        instance.decorate('clock', clock)
        instance.decorate('meter', noMeter)
        instance.decorate('models', {
          find: () => undefined,
          list: () => [
            { model: { name: 'm', spaceId: 's' }, tiers: () => replicas.map(tierOf) } as unknown as ServedModel,
          ],
        })
        instance.decorate('backends', {
          register: () => {},
          kinds: () => new Map(),
          replicas: () => replicas,
          passThrough: () => undefined,
          health: async () => options.asked ?? new Map<string, Health>(),
        })
      },
      { name: 'metrics' },
    ),
  )
  await app.register(pressure, { memoryBytes: options.memoryBytes ?? 'auto' })
  await app.register(health, { publicMetrics: options.publicMetrics ?? true })
  return app
}

const gpuAbsent: Given = { backend: 'gpu', state: 'absent', optional: true }
const cpuServes: Given = { backend: 'cpu', state: 'serving' }

describe('the health plugin', () => {
  it('is alive without any backend', async () => {
    const app = await build([{ backend: 'cpu', state: 'down' }])
    const answer = await app.inject('/health/live')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ status: 'live' })
  })

  it('[O4] is ready when every model has a tier that computes; an absent optional device is no error', async () => {
    const app = await build([gpuAbsent, cpuServes])
    expect((await app.inject('/health/ready')).statusCode).toBe(200)
    const all = await app.inject('/health')
    expect(all.json()).toMatchObject({ status: 'ready', components: { backends: { ok: true } } })
    expect(all.body).toContain('"state":"absent"')
  })

  it('[O4] answers 503 with the reason when no tier computes, though stored results could be read', async () => {
    const app = await build([
      gpuAbsent,
      { backend: 'cpu', state: 'starting' },
      { backend: 'cached', state: 'serving', computing: false },
    ])
    const answer = await app.inject('/health/ready')
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({
      status: 'not_ready',
      components: { models: { ok: false, detail: 'no computing tier of m can be called (gpu absent; cpu starting)' } },
    })
  })

  it('[O4] is not ready while a device that is required is missing, though a lower tier serves', async () => {
    const app = await build([{ backend: 'gpu', state: 'down' }, cpuServes])
    const answer = await app.inject('/health/ready')
    expect(answer.statusCode).toBe(503)
    expect(answer.body).toContain('gpu is required and down')
  })

  it.each(['starting', 'down', 'drifted'] as const)(
    '[O4] stays ready while all that computes is remote and %s: it is the same for all gateways',
    async (state) => {
      const app = await build([
        { backend: 'openai', state, remote: true },
        { backend: 'cached', state: 'serving', computing: false },
      ])
      expect((await app.inject('/health/ready')).statusCode).toBe(200)
      const all = await app.inject('/health')
      expect([all.statusCode, all.json().status]).toEqual([200, state === 'starting' ? 'ready' : 'degraded'])
    },
  )

  it('[O4] is ready while a local tier behind remote ones that are down can be called, and not without it', async () => {
    const remote: Given = { backend: 'openai', state: 'down', remote: true }
    expect((await (await build([remote, cpuServes])).inject('/health/ready')).statusCode).toBe(200)
    const optional: Given = { backend: 'cpu', state: 'absent', optional: true }
    expect((await (await build([remote, optional])).inject('/health/ready')).statusCode).toBe(503)
  })

  it('is ready while one of several replicas of a required backend is down', async () => {
    const app = await build([cpuServes, { backend: 'cpu', state: 'down', replica: 1 }])
    expect((await app.inject('/health/ready')).statusCode).toBe(200)
  })

  it('shows a backend that says it is down, and stays ready while another computes', async () => {
    const asked = new Map<string, Health>([['gpu', { state: 'down', detail: 'driver reset' }]])
    const app = await build([{ backend: 'gpu', state: 'serving', optional: true }, cpuServes], { asked })
    const answer = await app.inject('/health')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({
      status: 'degraded',
      components: { backends: { detail: 'not in order: gpu' } },
    })
  })

  it('says at once that it shuts down', async () => {
    const app = await build([cpuServes])
    expect((await app.inject('/health/ready')).statusCode).toBe(200)
    app.health.drain()
    const answer = await app.inject('/health/ready')
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ status: 'shutting_down' })
  })

  it('drains as soon as the gateway begins to close', async () => {
    const app = await build([cpuServes])
    const { health: own } = app
    await app.close()
    expect((await own.report('ready')).draining).toBe(true)
  })

  it('takes components of other plugins', async () => {
    const app = await build([cpuServes])
    app.health.add({ name: 'mine', ready: true, check: () => ({ ok: false, detail: 'no' }) })
    expect((await app.inject('/health/ready')).json()).toMatchObject({
      components: { mine: { ok: false, detail: 'no' } },
    })
  })

  it('answers HEAD, and is never cached on the way', async () => {
    const app = await build([cpuServes])
    for (const url of ['/health/live', '/health/ready', '/health']) {
      const answer = await app.inject({ method: 'HEAD', url })
      expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-store'])
    }
  })

  it('keeps /health off the public listener when that is configured, but not the probes', async () => {
    const app = await build([cpuServes], { publicMetrics: false })
    expect((await app.inject('/health')).statusCode).toBe(404)
    expect((await app.inject('/health/live')).statusCode).toBe(200)
    expect((await app.inject('/health/ready')).statusCode).toBe(200)
  })
})
