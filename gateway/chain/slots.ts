import { GatewayError } from '../core/errors.ts'
import type { Layer } from '../core/layer.ts'
import { order, ownSlots, type OpenSlot, type Slot } from '../core/order.ts'
import type { ChainSlots, Drift } from '../core/served-model.ts'

/** The slots of the chain, what plugins have put into them, and who wants to know of drifts. */
export interface Slots extends ChainSlots {
  /** What fills a slot, outermost first: the layers in the order they were put in. */
  layersOf(slot: Slot): readonly Layer[]
  /** Tells all listeners, also when some fail. */
  tellOfDrift(drift: Drift, onError: (error: unknown) => void): void
  /** From now on `fill` is refused: the chains have been put together. */
  seal(): void
}

/** Empty slots. */
export const slots = (): Slots => {
  const filled = new Map<Slot, Layer[]>()
  const driftListeners: ((drift: Drift) => void)[] = []
  let isSealed = false
  return {
    fill: (slot, layer) => {
      if (isSealed) refuse(slot, 'the gateway is ready, and layers can only be put in while plugins are loaded')
      if (!allSlots.has(slot)) refuse(slot, 'there is no such slot')
      if ((ownSlots as readonly Slot[]).includes(slot)) refuse(slot, 'it belongs to the chain')
      const layers = filled.get(slot) ?? []
      if (layers.length > 0 && !slot.endsWith('.observe')) refuse(slot, 'another plugin has filled it')
      filled.set(slot, [...layers, layer])
    },
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

const refuse = (slot: OpenSlot, reason: string): never => {
  throw new GatewayError('EG_PLUGIN_FAILED', `slot ${slot}: ${reason}`)
}

const allSlots = new Set(Object.entries(order).flatMap(([scope, names]) => names.map((name) => `${scope}.${name}`)))
