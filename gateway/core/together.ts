import type { AbortableCall, Call } from './call.ts'
import { CallerGone } from './errors.ts'

/**
 * Does work in parts that share a call: when one part fails, the others have nobody to answer, and are ended as if their
 * caller had left. That is neutral for whoever worked for them.
 *
 * @throws what `work` throws
 */
export const together = async <T>(call: Call, work: (shared: AbortableCall) => Promise<T>): Promise<T> => {
  const shared = call.within(call.deadline.remainingMs())
  try {
    return await work(shared)
  } catch (error) {
    shared.abort(new CallerGone())
    throw error
  } finally {
    shared.release()
  }
}
