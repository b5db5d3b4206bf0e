import { describe, expect, it } from 'vitest'
import { chainGauges } from '../../../gateway/chain/gauges.ts'
import { lifecycle } from '../../../gateway/chain/lifecycle.ts'
import { barOf, callState, tierState, tierStatus, type Tier } from '../../../gateway/chain/tier.ts'
import { noLog } from '../../../gateway/core/log.ts'
import { noMeter, type Meter } from '../../../gateway/core/meter.ts'
import type { ReplicaState } from '../../../gateway/core/served-model.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { fakeBackend, fakeModel } from './fakes.ts'

const replicaIn = (state: ReplicaState, parity?: number) =>
  Object.assign(
    Object.create(
      lifecycle({
        backend: fakeBackend(),
        policy: {},
        optional: false,
        clock: fakeClock(),
        log: noLog,
        random: () => 0,
      }),
      { state: { value: state }, parity: { value: parity } },
    ) as Tier['replicas'][number],
    { inFlight: 0 },
  )
const tierOf = (...replicas: Tier['replicas'][number][]): Tier => ({
  name: 'cpu',
  position: 0,
  computing: true,
  queueing: false,
  replicas,
})
const state = (...states: ReplicaState[]) => tierState(fakeModel(), tierOf(...states.map((each) => replicaIn(each))))

describe('the state of a tier', () => {
  it('is serving when one replica serves', () => {
    expect(state('down', 'serving', 'absent')).toBe('serving')
  })

  it('is absent only when all replicas are', () => {
    expect(state('absent', 'absent')).toBe('absent')
    expect(state('absent', 'down')).toBe('down')
    expect(state('absent', 'starting', 'down')).toBe('starting')
  })

  it('is judged by the floor of the model', () => {
    const tier = tierOf(replicaIn('serving', 0.995))
    expect(tierState(fakeModel({ minParity: 0.99 }), tier)).toBe('serving')
    expect(tierState(fakeModel({ minParity: 0.999 }), tier)).toBe('drifted')
    expect(tierStatus(fakeModel({ minParity: 0.999 }), tier)).toMatchObject({
      available: false,
      replicas: [{ state: 'drifted' }],
    })
  })
})

describe('a tier whose replicas may be barred', () => {
  const barred = (retryAfterMs: number) =>
    Object.assign(replicaIn('serving'), { bar: () => ({ reason: 'breaker_open', retryAfterMs }) as const })

  it('can be called while one serving replica is not', () => {
    expect(callState(fakeModel(), tierOf(barred(5), replicaIn('serving')))).toBe('serving')
    expect(barOf(fakeModel(), tierOf(barred(5), replicaIn('serving')))).toBeUndefined()
  })

  it('cannot when all that serve are, for as long as the first of them', () => {
    const tier = tierOf(barred(9_000), replicaIn('down'), barred(5_000))
    expect(callState(fakeModel(), tier)).toBe('breaker_open')
    expect(barOf(fakeModel(), tier)).toEqual({ reason: 'breaker_open', retryAfterMs: 5_000 })
    expect(tierStatus(fakeModel(), tier).available).toBe(false)
  })

  it('is in the state of its replicas when none of them serves', () => {
    expect(callState(fakeModel(), tierOf(replicaIn('down')))).toBe('down')
    expect(barOf(fakeModel(), tierOf(replicaIn('down')))).toBeUndefined()
  })
})

describe('the gauges of the chain', () => {
  it('say which backends serve, how true they are, and how many tiers can compute', () => {
    const values: Record<string, number> = {}
    const meter: Meter = {
      ...noMeter,
      gauge: (name) => (labels) => (value) => {
        values[[name, ...Object.values(labels)].join(' ')] = value
      },
    }
    const gauges = chainGauges(meter)
    const good = tierOf(replicaIn('serving', 0.9995), replicaIn('down', 0.9991))
    gauges.noteBackend('cpu', good.replicas)
    gauges.noteBackend('gpu', [replicaIn('absent')])
    gauges.noteFloor('cpu', 0.998)
    const stale = { ...tierOf(replicaIn('serving')), computing: false }
    gauges.noteModel(fakeModel(), [tierOf(replicaIn('absent')), good, stale])
    expect(values).toEqual({
      'backend_up cpu': 1,
      'backend_parity_cosine cpu': 0.9991,
      'backend_parity_floor_cosine cpu': 0.998,
      'backend_up gpu': 0,
      'chain_available_tiers fake': 1,
    })
  })
})
