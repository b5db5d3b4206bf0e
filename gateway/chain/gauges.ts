import type { Bound, Meter } from '../core/meter.ts'
import type { Model } from '../core/model.ts'
import type { Replica } from './replica.ts'
import { isAvailable, type Tier } from './tier.ts'

/**
 * Sets the gauges of what can answer; to be called after every change. Models are noted before every scrape too, because bars
 * come and go with time.
 */
export interface ChainGauges {
  noteBackend(name: string, replicas: readonly Replica[]): void
  /** @param minParity the lowest cosine with which the backend may serve any model */
  noteFloor(name: string, minParity: number): void
  noteModel(model: Model, tiers: readonly Tier[]): void
}

/** Registers `backend_up`, `backend_parity_cosine`, `backend_parity_floor_cosine` and `chain_available_tiers`. */
export const chainGauges = (meter: Meter): ChainGauges => {
  const up = meter.gauge('backend_up', 'Whether at least one replica of the backend serves.', ['backend'])
  const parity = meter.gauge(
    'backend_parity_cosine',
    'Minimum cosine of the backend to the reference vectors, over its replicas.',
    ['backend'],
  )
  const floor = meter.gauge(
    'backend_parity_floor_cosine',
    'Cosine below which the backend serves nothing: the lowest floor of the models it serves.',
    ['backend'],
  )
  const available = meter.gauge('chain_available_tiers', 'Computing tiers of the model that can be called.', ['model'])
  return {
    noteBackend: (backend, replicas) => {
      up({ backend })(replicas.some(({ state }) => state === 'serving') ? 1 : 0)
      const cosines = replicas.map((replica) => replica.parity).filter((cosine) => cosine !== undefined)
      if (cosines.length > 0) parity({ backend })(Math.min(...cosines))
    },
    noteFloor: (backend, minParity) => floor({ backend })(minParity),
    noteModel: (model, tiers) => {
      const callable = tiers.filter((tier) => tier.computing && isAvailable(model, tier))
      available({ model: model.name })(callable.length)
    },
  }
}

/** Registers `canary_last_success_timestamp_seconds`. */
export const canaryGauge = (meter: Meter): Bound<'backend', (seconds: number) => void> =>
  meter.gauge(
    'canary_last_success_timestamp_seconds',
    'When the backend last answered reference texts sent to it while it served, in seconds since the Unix epoch.',
    ['backend'],
  )
