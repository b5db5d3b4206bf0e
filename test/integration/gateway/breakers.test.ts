import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildApp } from '../../../gateway/app.ts'
import { writeReferences } from '../../../gateway/chain/references-file.ts'
import { parseConfig } from '../../../gateway/config/load.ts'
import { withResolvers } from '../../../gateway/core/with-resolvers.ts'
import { fakeClock, type FakeClock } from '../../../gateway/testing/fake-clock.ts'
import { until } from '../../support/gateway.ts'
import { dims, truth } from './scripted-engine.ts'
import { newTexts } from './scripted-gateway.ts'

const goldens = ['golden 0', 'golden 1', 'golden 2']

let app: FastifyInstance
let clock: FakeClock
let dataDir: string
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'embedgate-test-'))
  const references = join(dataDir, 'references.json')
  await writeReferences(references, { texts: goldens, dims, vectors: Float32Array.from(goldens.flatMap(truth)) })
  const yaml = `
plugins: [./scripted-engine.ts]
dataDir: ${JSON.stringify(dataDir)}
telemetry: { logLevel: silent }
backends:
  gpu: { kind: scripted }
  cpu: { kind: scripted }
models:
  both: { chain: [gpu, cpu], references: ${JSON.stringify(references)} }
  alone: { chain: [gpu], references: ${JSON.stringify(references)} }
`
  clock = fakeClock()
  app = await buildApp(parseConfig('test.yaml', yaml, {}).config, { clock, baseDir: import.meta.dirname })
  await app.ready()
  await until(() => app.backends.replicas().every(({ state }) => state === 'serving'))
  // Canaries would be probes too: here they tell the breaker nothing.
  app.engines.isFull = (text) => goldens.includes(text)
})
afterEach(async () => {
  await app.close()
  rmSync(dataDir, { recursive: true })
})

/** One request, for one new text unless given. */
const ask = async (model = 'both', input: string | readonly string[] = newTexts(1)) => {
  const { statusCode, headers, json } = await app.inject({
    method: 'POST',
    url: '/v1/embeddings',
    payload: { model, input },
  })
  return { status: statusCode, headers, body: json() }
}

/** Who answered a request, whether it was degraded, and how many tries it took. */
const whoAnswers = async (model?: string, input?: string | readonly string[]): Promise<string> => {
  const { status, headers } = await ask(model, input)
  expect(status).toBe(200)
  const degraded = headers['x-embedgate-degraded'] === 'true' ? ', degraded' : ''
  return `${String(headers['x-embedgate-backend'])}${degraded}, attempts: ${String(headers['x-embedgate-attempts'])}`
}

const fromGpu = 'gpu, attempts: 1'
/** It was tried, and failed. */
const fromCpuAfterGpu = 'cpu, degraded, attempts: 2'
/** The gpu was not even asked. */
const fromCpuAtOnce = 'cpu, degraded, attempts: 1'

const gpuIs = (isWell: boolean): void => {
  if (isWell) app.engines.faults.delete('gpu')
  else app.engines.faults.set('gpu', 'no rows at all')
}
const seconds = (count: number): Promise<void> => clock.advance(count * 1_000)
const breakerOf = (name: string) => app.breakers.list().find(({ backend }) => backend === name)

const metric = async (name: string): Promise<string[]> => {
  const { body } = await app.inject('/metrics')
  return body.split('\n').filter((line) => line.startsWith(`embedgate_${name}{`))
}

describe('the breaker of a tier', () => {
  it('[R1] opens on a burst, probes, closes; opens on a rate, probes, closes; and the next tier serves meanwhile', async () => {
    expect(await whoAnswers()).toBe(fromGpu)

    // Five failures within ten seconds open it: each of them is still answered, by the next tier.
    gpuIs(false)
    for (let failure = 0; failure < 5; failure++) {
      expect(await whoAnswers()).toBe(fromCpuAfterGpu)
      await seconds(2)
    }
    expect(breakerOf('gpu')).toMatchObject({ state: 'open', cause: 'burst' })
    expect(breakerOf('cpu')).toMatchObject({ state: 'closed' })

    // While it is open nobody asks the gpu, and answers say why they are degraded.
    expect(await whoAnswers()).toBe(fromCpuAtOnce)
    expect(await metric('degraded_total')).toContainEqual(
      expect.stringMatching(/from="gpu",to="cpu",reason="breaker_open"\} 1$/),
    )
    expect(await metric('circuit_breaker_state')).toEqual([
      'embedgate_circuit_breaker_state{backend="gpu",replica="0"} 2',
      'embedgate_circuit_breaker_state{backend="cpu",replica="0"} 0',
    ])
    expect(await metric('chain_available_tiers')).toEqual([
      'embedgate_chain_available_tiers{model="both"} 1',
      'embedgate_chain_available_tiers{model="alone"} 0',
    ])
    // Nor for another model, which has nothing else: it is told when to come again.
    const refused = await ask('alone')
    expect([refused.status, refused.body.error.code]).toEqual([503, 'EG_CHAIN_EXHAUSTED'])
    expect(refused.body.error.message).toContain('gpu breaker_open')
    expect(Number(refused.headers['retry-after-ms'])).toBeGreaterThanOrEqual(22_000)
    expect(Number(refused.headers['retry-after-ms'])).toBeLessThanOrEqual(34_000)

    const ready = await app.inject('/health/ready')
    expect(ready.json().components.models.detail).toBe('no computing tier of alone can be called (gpu breaker_open)')

    // After thirty seconds, a fifth more or less, one call is the probe; the others go to the next tier at once.
    gpuIs(true)
    await seconds(13)
    expect(await whoAnswers()).toBe(fromCpuAtOnce)
    await seconds(21)
    const gate = withResolvers<void>()
    app.engines.gates.set('the probe', gate)
    const probe = whoAnswers('both', 'the probe')
    await until(() => app.engines.seen.some(({ backend, text }) => backend === 'gpu' && text === 'the probe'))
    expect(await metric('circuit_breaker_state')).toContainEqual(
      expect.stringMatching(/backend="gpu",replica="0"\} 1$/),
    )
    expect(await Promise.all([whoAnswers(), whoAnswers()])).toEqual([fromCpuAtOnce, fromCpuAtOnce])
    gate.resolve()
    expect(await probe).toBe(fromGpu)

    // The second success closes it.
    expect(breakerOf('gpu')).toMatchObject({ state: 'half-open', successes: { counted: 1, needed: 2 } })
    expect(await whoAnswers()).toBe(fromGpu)
    expect(breakerOf('gpu')).toMatchObject({ state: 'closed' })
    expect(await Promise.all([whoAnswers(), whoAnswers()])).toEqual([fromGpu, fromGpu])

    // Two of three calls fail for a minute, too far apart for a burst: it opens for five minutes.
    for (let call = 0; breakerOf('gpu')?.state === 'closed' && call < 30; call++) {
      gpuIs(call % 3 === 0)
      await ask()
      await seconds(2.9)
    }
    expect(breakerOf('gpu')).toMatchObject({ state: 'open', cause: 'rate' })
    gpuIs(true)
    await seconds(230)
    expect(await whoAnswers()).toBe(fromCpuAtOnce)
    await seconds(130)

    // Ten successes close it.
    for (let success = 0; success < 9; success++) expect(await whoAnswers()).toBe(fromGpu)
    expect(breakerOf('gpu')).toMatchObject({ state: 'half-open' })
    expect(await whoAnswers()).toBe(fromGpu)
    expect(breakerOf('gpu')).toMatchObject({ state: 'closed' })

    const changes = (await metric('circuit_breaker_transitions_total')).map(
      (line) => /from="(.*)",to="(.*)",cause="(.*)"\} (\d)/.exec(line)?.slice(1).join(' ') ?? line,
    )
    expect(changes.sort()).toEqual([
      'closed open burst 1',
      'closed open rate 1',
      'half-open closed burst 1',
      'half-open closed rate 1',
      'open half-open burst 1',
      'open half-open rate 1',
    ])
  })

  it('[R1] opens again when the probe fails, or hangs until its limit, and the call that was the probe is answered', async () => {
    gpuIs(false)
    for (let failure = 0; failure < 5; failure++) await ask()
    await seconds(36)
    expect(await whoAnswers()).toBe(fromCpuAfterGpu)
    expect(await whoAnswers()).toBe(fromCpuAtOnce)

    await seconds(36)
    app.engines.gates.set('hangs', withResolvers())
    const hanging = whoAnswers('both', 'hangs')
    await until(() => app.engines.seen.some(({ backend, text }) => backend === 'gpu' && text === 'hangs'))
    app.engines.gates.delete('hangs')
    await seconds(5)
    expect(await hanging).toBe(fromCpuAfterGpu)
    expect(breakerOf('gpu')).toMatchObject({ state: 'open', cause: 'burst' })
  })

  it('[R1] hears nothing of requests that brought little time, and of a long silence it does', async () => {
    /** Requests at once that the gpu leaves without an answer, of which the cpu is told at half of their time. */
    const hang = async (count: number, timeoutSeconds: number): Promise<void> => {
      const texts = newTexts(count)
      const headers = { 'x-stainless-timeout': String(timeoutSeconds) }
      for (const text of texts) app.engines.gates.set(text, withResolvers())
      const asked = texts.map((input) =>
        app.inject({ method: 'POST', url: '/v1/embeddings', headers, payload: { model: 'both', input } }),
      )
      const reached = (): number => app.engines.seen.filter(({ text }) => texts.includes(text)).length
      await until(() => reached() === count)
      for (const text of texts) app.engines.gates.delete(text)
      await seconds(timeoutSeconds / 2)
      for (const answer of asked) expect((await answer).headers['x-embedgate-backend']).toBe('cpu')
    }
    expect(await whoAnswers()).toBe(fromGpu)
    await hang(5, 4)
    expect(await metric('degraded_total')).toContainEqual(expect.stringMatching(/reason="late"\} 5$/))
    expect(breakerOf('gpu')).toMatchObject({ state: 'closed', windows: { burst: { calls: 1, failures: 0 } } })

    await hang(5, 6)
    expect(breakerOf('gpu')).toMatchObject({ state: 'open', cause: 'burst' })
  })

  it('[R1] is closed by a request of several pieces too, which go one after the other while it is half-open', async () => {
    gpuIs(false)
    for (let failure = 0; failure < 5; failure++) await ask()
    gpuIs(true)
    await seconds(36)
    // The engine takes 16 texts a call.
    expect(await whoAnswers('both', newTexts(40))).toBe('gpu, attempts: 3')
    expect(breakerOf('gpu')).toMatchObject({ state: 'closed' })
  })

  it('[R1] is reset and overridden by an operator', async () => {
    gpuIs(false)
    for (let failure = 0; failure < 5; failure++) await ask()
    expect(await whoAnswers()).toBe(fromCpuAtOnce)
    gpuIs(true)
    app.breakers.reset('gpu')
    expect(await whoAnswers()).toBe(fromGpu)

    app.breakers.setMode('gpu', undefined, 'forced-open')
    await seconds(3_600)
    expect(await whoAnswers()).toBe(fromCpuAtOnce)
    expect((await ask('alone')).headers).not.toHaveProperty('retry-after')

    app.breakers.setMode('gpu', 0, 'forced-closed')
    gpuIs(false)
    for (let failure = 0; failure < 20; failure++) expect(await whoAnswers()).toBe(fromCpuAfterGpu)

    gpuIs(true)
    app.breakers.setMode('gpu', 0, 'auto')
    expect(await whoAnswers()).toBe(fromGpu)
  })
})
