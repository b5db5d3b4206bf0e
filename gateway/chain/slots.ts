import { GatewayError } from '../core/errors.ts'
import type { Layer } from '../core/layer.ts'
import { order, ownSlots, type Slot } from '../core/order.ts'
import type { ChainSlots, ConfiguredBackend, Drift, Gate } from '../core/served-model.ts'

/** The slots of the chain, what plugins have put into them, and who wants to know of drifts. */
export interface Slots extends ChainSlots {
  /** What fills a slot, outermost first: the layers in the order they were put in. */
  layersOf(slot: Slot): readonly Layer[]
  /** The gates of one replica. */
  gatesOf(configured: ConfiguredBackend): readonly Gate[]
  /** Tells all listeners, also when some fail. */
  tellOfDrift(drift: Drift, onError: (error: unknown) => void): void
  /** From now on `fill` is refused: the chains have been put together. */
  seal(): void
}

/** Empty slots. */
export const slots = (): Slots => {
  const filled = new Map<Slot, Layer[]>()
  const gateMakers: ((configured: ConfiguredBackend) => Gate)[] = []
  const driftListeners: ((drift: Drift) => void)[] = []
  let isSealed = false
  return {
    fill: (slot, layer) => {
      if (isSealed) refuse(`slot ${slot}`, tooLate)
      if (!allSlots.has(slot)) refuse(`slot ${slot}`, 'there is no such slot')
      if ((ownSlots as readonly Slot[]).includes(slot)) refuse(`slot ${slot}`, 'it belongs to the chain')
      const layers = filled.get(slot) ?? []
      if (layers.length > 0 && !slot.endsWith('.observe')) refuse(`slot ${slot}`, 'another plugin has filled it')
      filled.set(slot, [...layers, layer])
    },
    gate: (gateOf) => {
      if (isSealed) refuse('gate', tooLate)
      gateMakers.push(gateOf)
    },
    gatesOf: (configured) => gateMakers.map((gateOf) => gateOf(configured)),
    onDrift: (listener) => void driftListeners.push(listener),
    layersOf: (slot) => filled.get(slot) ?? [],
    tellOfDrift: (drift, onError) => {
      for (const listener of driftListeners) {
        try {
          listener(drift)
        } catch (error) {
          onError(error)
        }
      }
    },
    seal: () => {
      isSealed = true
    },
  }
}

const tooLate = 'the gateway is ready, and the chain can only be changed while plugins are loaded'

const refuse = (what: string, reason: string): never => {
  throw new GatewayError('EG_PLUGIN_FAILED', `${what}: ${reason}`)
}

const allSlots = new Set(Object.entries(order).flatMap(([scope, names]) => names.map((name) => `${scope}.${name}`)))
