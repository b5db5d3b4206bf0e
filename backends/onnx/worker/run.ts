import { GatewayError } from '../../../gateway/core/errors.ts'
import { withResolvers } from '../../../gateway/core/with-resolvers.ts'
import type { WorkerNotice } from '../protocol.ts'
import { isSupervised } from '../supervised.ts'
import { hearBatching } from './hear-batching.ts'
import { notifySupervisor } from './notice.ts'
import { DeviceAbsent } from './device.ts'
import { stopRequested } from './shutdown.ts'
import { type RunningWorker, type WorkerOptions, startWorker } from './start-worker.ts'

/**
 * Runs one inference worker in this process until it is told to stop, then finishes what is queued and resolves. A
 * supervisor, when there is one, is told when it is ready, or why it cannot start.
 *
 * @param onReady told once, when it listens and has run its model
 * @throws what `startWorker` throws; DeviceAbsent also later, when the device has become too slow: what is queued is
 *   finished, and a supervisor has been told before that
 */
export const runWorker = async (
  options: WorkerOptions,
  onReady: (worker: Pick<RunningWorker, 'ready' | 'address'>) => void = () => {},
): Promise<void> => {
  process.title = `embedgate-worker ${options.device}`
  const stop = stopRequested()
  const { promise: givenUp, resolve: giveUp } = withResolvers<DeviceAbsent>()
  const onLost = (error: Error): void => (error instanceof DeviceAbsent ? giveUp(error) : exitAfterAnswers(error))
  try {
    const worker = await startOrTell(options, onLost)
    hearBatching((settings) => worker.adjust(settings))
    notifySupervisor({ ready: worker.ready })
    onReady(worker)
    const tooSlow = await Promise.race([stop, givenUp])
    if (tooSlow) tellFailed(tooSlow)
    await worker.close()
    if (tooSlow) throw tooSlow
  } finally {
    // The channel would keep the process alive.
    if (isSupervised() && process.connected) process.disconnect()
  }
}

const startOrTell = async (options: WorkerOptions, onLost: (error: Error) => void): Promise<RunningWorker> => {
  try {
    return await startWorker(options, notifySupervisor, onLost)
  } catch (error) {
    tellFailed(error as Error)
    throw error
  }
}

const tellFailed = (error: Error): void =>
  notifySupervisor({ failed: { reason: failureReason(error), message: error.message } })

const failureReason = (error: Error): Extract<WorkerNotice, { failed: unknown }>['failed']['reason'] => {
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
