import { GatewayError } from '../../../gateway/core/errors.ts'
import type { WorkerNotice } from '../protocol.ts'
import { notifySupervisor } from './notice.ts'
import { DeviceAbsent } from './device.ts'
import { stopRequested } from './shutdown.ts'
import { type WorkerOptions, startWorker } from './start-worker.ts'

/**
 * Runs one inference worker in this process until it is told to stop, then finishes what is queued and resolves. A
 * supervisor, when there is one, is told when it is ready, or why it cannot start.
 *
 * @throws what `startWorker` throws
 */
export const runWorker = async (options: WorkerOptions): Promise<void> => {
  process.title = `embedgate-worker ${options.device}`
  const stop = stopRequested()
  try {
    const worker = await startWorker(options, notifySupervisor, exitAfterAnswers)
    notifySupervisor({ ready: worker.ready })
    await stop
    await worker.close()
  } catch (error) {
    notifySupervisor({ failed: { reason: failureReason(error), message: (error as Error).message } })
    throw error
  } finally {
    // The channel would keep the process alive.
    if (process.connected) process.disconnect()
  }
}

const failureReason = (error: unknown): Extract<WorkerNotice, { failed: unknown }>['failed']['reason'] => {
  if (error instanceof DeviceAbsent) return 'absent'
  return error instanceof GatewayError && error.code === 'EG_MODEL_CORRUPT' ? 'model' : 'error'
}

/** Time for refusals to leave before the process does. */
const lastAnswersMs = 100

/** A lost device comes back only with a new process. */
const exitAfterAnswers = (error: Error): void => {
  process.stderr.write(`the device is lost: ${error.message}\n`)
  setTimeout(() => process.exit(1), lastAnswersMs)
}
