import { describe, expect, it } from 'vitest'
import type { TierStatus } from '../../../../gateway/core/served-model.ts'
import type { BreakerStatus } from '../../../../plugins/breakers/status.ts'
import { modelReport } from '../../../../plugins/status/model-report.ts'
import { overallState, sentence, type Headline } from '../../../../plugins/status/sentence.ts'
import type { Troubles } from '../../../../plugins/status/troubles.ts'
import type { ReplicaFacts } from '../../../../plugins/status/tier-report.ts'
import { servedModel, tier } from './served.ts'

const nowMs = 1_000_000_000
const minutesAgo = (minutes: number): number => nowMs - minutes * 60_000

const noFacts: ReplicaFacts = {
  breakerOf: () => undefined,
  errorOf: () => undefined,
  drainedSinceMs: () => undefined,
  runsOn: () => undefined,
  queueTokens: () => undefined,
  restarts: () => undefined,
}
const gpuBreaker = (status: Partial<BreakerStatus>): ReplicaFacts => ({
  ...noFacts,
  breakerOf: (backend, replica) =>
    backend === 'gpu'
      ? {
          backend,
          replica,
          state: 'open',
          mode: 'auto',
          sinceMs: minutesAgo(4),
          windows: { burst: { calls: 5, failures: 5 }, rate: { calls: 5, failures: 5 } },
          ...status,
        }
      : undefined,
})

const noTroubles: Troubles = { others: [] }
const say = (
  chains: Readonly<Record<string, readonly TierStatus[]>>,
  facts = noFacts,
  { troubles = noTroubles, isDraining = false }: Partial<Headline> = {},
): string => {
  const models = Object.entries(chains).map(([name, tiers]) => modelReport(servedModel(name, tiers), facts))
  const headline = { models, isDraining, troubles }
  return `${overallState(headline)}: ${sentence(headline, nowMs)}`
}

const gpu = (replica: Parameters<typeof tier>[1] = {}): TierStatus => tier('gpu', replica)
const cpu = tier('cpu')
const cached = tier('cached', { computing: false })
const down = { state: 'down', sinceMs: minutesAgo(4), detail: 'connection reset' } as const

describe('the sentence', () => {
  it('says what is served when all is well', () => {
    expect(say({ minilm: [gpu(), cpu] })).toBe('serving: Serving minilm.')
    expect(say({ a: [gpu()], b: [cpu] })).toBe('serving: Serving all 2 models.')
  })

  it('says which tier was lost, since when, why, and who answers', () => {
    expect(say({ minilm: [gpu(down), cpu] })).toBe(
      'degraded: Serving minilm, degraded: gpu lost 4 min ago (connection reset), cpu answers.',
    )
  })

  it('says a time as the page does', () => {
    expect(say({ minilm: [gpu({ ...down, sinceMs: minutesAgo(190) }), cpu] })).toContain('gpu lost 3 h 10 min ago')
  })

  it('names only the models in trouble', () => {
    expect(say({ a: [gpu(down), cpu], b: [cpu] })).toBe(
      'degraded: Serving all 2 models; a is degraded: gpu lost 4 min ago (connection reset), cpu answers.',
    )
  })

  it('does not call it degraded when an optional device is not on this machine, or is still looked for', () => {
    expect(say({ minilm: [gpu({ state: 'absent', optional: true }), cpu] })).toBe('serving: Serving minilm.')
    expect(say({ minilm: [gpu({ state: 'starting', optional: true }), cpu] })).toBe('serving: Serving minilm.')
  })

  it('names a tier that this machine does not have last, and why only when it has none of them', () => {
    const absent = { state: 'absent', optional: true, detail: 'no gpu device: a long story' } as const
    expect(say({ minilm: [gpu(absent), tier('cpu', down)] })).toMatch(
      /^down: Not serving minilm: cpu lost 4 min ago \(connection reset\), gpu is not on this machine\.$/,
    )
    expect(say({ minilm: [gpu(absent)] })).toBe(
      'down: Not serving minilm: gpu is not on this machine (no gpu device: a long story).',
    )
  })

  it('says what a breaker does', () => {
    const shut = gpu({ barredBy: 'breaker_open' })
    expect(say({ minilm: [shut, cpu] }, gpuBreaker({ cause: 'burst' }))).toContain(
      'gpu shut off 4 min ago (breaker: burst)',
    )
    expect(say({ minilm: [shut, cpu] }, gpuBreaker({ mode: 'forced-open', cause: 'forced' }))).toContain(
      'gpu shut off 4 min ago (forced open by an operator)',
    )
  })

  it('says that a tier is on trial although no probe runs just now', () => {
    expect(say({ minilm: [gpu(), cpu] }, gpuBreaker({ state: 'half-open', cause: 'rate' }))).toContain(
      'degraded: Serving minilm, degraded: gpu on trial for 4 min (breaker: rate)',
    )
  })

  it('says that nothing computes, and whether stored results answer', () => {
    expect(say({ minilm: [gpu(down), cached] })).toBe(
      'down: Not serving minilm: gpu lost 4 min ago (connection reset); only stored results answer.',
    )
    expect(say({ a: [gpu(down)], b: [cpu] })).toMatch(/^down: Serving 1 of 2 models; a is down: gpu lost/)
  })

  it('says that an operator has drained a tier, whatever else keeps it from serving', () => {
    const drained = { drainedSinceMs: (backend: string) => (backend === 'gpu' ? minutesAgo(2) : undefined) }
    const bar = { barredBy: 'drained' } as const
    expect(say({ minilm: [gpu(bar), cpu] }, { ...noFacts, ...drained })).toBe(
      'degraded: Serving minilm, degraded: gpu drained by an operator 2 min ago, cpu answers.',
    )
    const shut = { barredBy: 'breaker_open' } as const
    expect(say({ minilm: [gpu(shut), cpu] }, { ...gpuBreaker({ cause: 'burst' }), ...drained })).toContain(
      'gpu drained by an operator 2 min ago (its breaker is open too), cpu answers',
    )
    expect(say({ minilm: [gpu(down), cpu] }, { ...noFacts, ...drained })).toContain(
      'gpu lost 4 min ago (connection reset) and drained by an operator 2 min ago, cpu answers',
    )
  })

  it('says that it starts while something may still come', () => {
    expect(say({ minilm: [gpu(down), tier('cpu', { state: 'probing' })] })).toBe(
      'starting: Not serving minilm yet: gpu lost 4 min ago (connection reset), cpu is being checked.',
    )
  })

  it('says first that it stops', () => {
    expect(say({ minilm: [gpu(down)] }, noFacts, { isDraining: true, troubles: { stops: 'x', others: ['y'] } })).toBe(
      'draining: Stopping: requests in flight finish, new ones should go elsewhere.',
    )
  })

  it('says that a tier fails all the same while its breaker is forced closed', () => {
    const windows = { burst: { calls: 9, failures: 9 }, rate: { calls: 10, failures: 9 } }
    const forced = gpuBreaker({ state: 'closed', mode: 'forced-closed', cause: 'forced', windows })
    expect(say({ minilm: [gpu(), cpu] }, forced)).toBe(
      'degraded: Serving minilm, degraded: gpu fails (9 of 10 calls failed, its breaker is forced closed), cpu answers.',
    )
    const few = { ...windows, rate: { calls: 100, failures: 9 } }
    const healthy = gpuBreaker({ state: 'closed', mode: 'forced-closed', cause: 'forced', windows: few })
    expect(say({ minilm: [gpu(), cpu] }, healthy)).toBe('serving: Serving minilm.')
  })

  it('does not say that it serves when it does not, although a tier can be called', () => {
    const troubles = { stops: 'memory is full', others: ['not ready: memory'] }
    expect(say({ minilm: [gpu()] }, noFacts, { troubles })).toBe(
      'down: Not serving: memory is full; not ready: memory.',
    )
    expect(say({ minilm: [gpu(down), cpu] }, noFacts, { troubles })).toBe(
      'down: Not serving: memory is full; minilm is degraded: gpu lost 4 min ago (connection reset), cpu answers; not ready: memory.',
    )
    expect(say({ minilm: [gpu(down)] }, noFacts, { troubles })).toBe(
      'down: Not serving minilm: gpu lost 4 min ago (connection reset); not ready: memory.',
    )
  })

  it('says what else is wrong, and that this is less than serving', () => {
    const troubles = { others: ['6 of 9 answers in the last minute were errors (5xx)'] }
    expect(say({ minilm: [gpu()] }, noFacts, { troubles })).toBe(
      'degraded: Serving minilm; 6 of 9 answers in the last minute were errors (5xx).',
    )
    expect(say({ minilm: [gpu({ state: 'probing' })] }, noFacts, { troubles })).toMatch(/^starting: .* 6 of 9 answers/)
  })
})
