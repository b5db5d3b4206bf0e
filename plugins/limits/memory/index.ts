import type { FastifyInstance } from 'fastify'
import type { Priority } from '../../../gateway/core/call.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import type { Layer } from '../../../gateway/core/layer.ts'
import { memoryGuard } from './memory-guard.ts'
import { memoryGuardComponent } from './memory-guard-component.ts'

const retryAfterMs = 5_000

/**
 * Guards the memory of the process: what it does is in the log and on the health page.
 *
 * @returns for the slot `request.admit`, behind the cache: what is stored is answered without new memory to speak of. It throws
 *   GatewayError `EG_OUT_OF_MEMORY` while memory is full
 */
export const guardMemory = (app: FastifyInstance, onShed: (priority: Priority) => void): Layer => {
  const { limit, usedBytes } = app.pressure.memory
  const numbers = (used: number): object => ({ used_bytes: used, limit_bytes: limit.bytes })
  const guard = memoryGuard(app.clock, {
    limitBytes: limit.bytes,
    usedBytes,
    dropCaches: (used) => {
      app.log.warn(numbers(used), 'memory is scarce: caches are dropped')
      if (app.hasDecorator('store')) app.getDecorator<{ dropMemory(): void }>('store').dropMemory()
    },
    onChange: (isFull, used) => {
      if (isFull) app.log.error(numbers(used), 'memory is full: what must be computed is refused')
      else app.log.info(numbers(used), 'memory is free again: nothing is refused for want of it')
    },
  })
  app.addHook('onClose', async () => guard.stop())
  app.health.add(memoryGuardComponent(guard))
  return (next) => async (batch, call) => {
    if (!guard.isFull()) return next(batch, call)
    onShed(call.priority)
    throw new GatewayError('EG_OUT_OF_MEMORY', 'memory is used up', { retryAfterMs })
  }
}
