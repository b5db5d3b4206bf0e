import { rm } from 'node:fs/promises'
import type { Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { Log } from '../../../gateway/core/log.ts'
import type { References } from '../../../gateway/core/model.ts'
import { type Space, spaceId } from '../../../gateway/core/space.ts'
import { checkGolden } from './golden-check.ts'
import { limited } from './limited.ts'
import { untilAborted } from '../../../gateway/core/until-aborted.ts'
import { type Worker, openWorker } from './worker.ts'
import { workerClient } from './worker-client.ts'
import { type WorkerProcess, type WorkerProgram, forkWorker } from './worker-process.ts'

/** What is needed to start a worker. */
export interface WorkerStart {
  readonly program: WorkerProgram
  /** For the log and metrics. */
  readonly name: string
  /** Of the model files as the gateway read them. A worker reads them again. */
  readonly space: Space
  readonly references: References | undefined
  /** From the fork to the answer of a golden text. */
  readonly modelLoadMs: number
  readonly clock: Clock
  readonly log: Log
}

/**
 * Starts a worker and waits until it has really answered a text. Whatever fails, no process is left behind.
 *
 * @param signal stops the start, with its reason
 * @throws BackendError `absent` (no such device) or `unavailable` (ended, refused, other model files, wrong golden vector, too
 *   late)
 * @throws GatewayError `EG_MODEL_CORRUPT`
 */
export const startWorker = (start: WorkerStart, signal: AbortSignal): Promise<Worker> => {
  const { clock, modelLoadMs: limitMs } = start
  const reason = (): BackendError => new BackendError('unavailable', `the model was not loaded within ${limitMs} ms`)
  return limited({ clock, limitMs, reason }, signal, (each) => startedWithin(start, each))
}

const startedWithin = async (start: WorkerStart, signal: AbortSignal): Promise<Worker> => {
  const { clock, program } = start
  const process = forkWorker(program, start.name, start.log, clock)
  const client = workerClient(program.socketPath, start.space.dims)
  try {
    const about = await untilAborted(signal, process.ready)
    if (about.space !== spaceId(start.space)) {
      throw new BackendError('unavailable', 'the model files have changed since the gateway started: restart it')
    }
    await untilAborted(signal, answersGolden(start, client, process, signal))
    const worker = openWorker(process, client, about, clock)
    void worker.ended.then(() => cleanUp(client, program))
    return worker
  } catch (error) {
    // Loading cannot be interrupted politely: a runtime that is torn down meanwhile aborts. Nothing is lost here.
    process.kill()
    await cleanUp(client, program)
    throw error
  }
}

const answersGolden = async (
  start: WorkerStart,
  client: ReturnType<typeof workerClient>,
  process: WorkerProcess,
  signal: AbortSignal,
): Promise<void> => {
  const endedEarly = process.ended.then(() => {
    throw new BackendError('unavailable', 'the worker ended while it answered a golden text')
  })
  try {
    await Promise.race([checkGolden(client, start.space, start.references), endedEarly])
  } catch (cause) {
    signal.throwIfAborted()
    throw new BackendError('unavailable', (cause as Error).message, { cause })
  }
}

const cleanUp = async (client: ReturnType<typeof workerClient>, program: WorkerProgram): Promise<void> => {
  await client.close().catch(() => {})
  // A killed worker leaves its socket file.
  await rm(program.socketPath, { force: true }).catch(() => {})
}
