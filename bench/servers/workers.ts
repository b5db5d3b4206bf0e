import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { forkWorker, type WorkerProcess } from '../../backends/onnx/supervisor/worker-process.ts'
import { systemClock } from '../../gateway/core/clock.ts'
import { noLog } from '../../gateway/core/log.ts'
import { modelFolder } from '../load/check-words.ts'
import { compiled } from '../package-root.ts'
import type { Server } from './server.ts'

/** The worker program of the product. */
export const ownWorker = compiled('backends/onnx/worker/main.js')

/**
 * Starts bare workers, one per core with one thread each, as the gateway's supervisor does, but with nothing in front of
 * them: the load generator speaks their protocol and gives each request to the less busy one.
 *
 * @param program the worker's main file: ours, or one with another batching policy
 */
export const startWorkers = async (program: string = ownWorker): Promise<Server> => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-bench-'))
  const sockets = Array.from({ length: availableParallelism() }, (_, index) => join(folder, `${index}.sock`))
  const workers = sockets.map((socketPath, index) =>
    forkWorker(
      { path: program, model: modelFolder(), device: 'cpu', socketPath },
      `bench-${index}`,
      noLog,
      systemClock,
    ),
  )
  const stop = async (): Promise<void> => {
    for (const worker of workers) worker.stop()
    await Promise.all(workers.map((worker) => worker.ended))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await Promise.all(workers.map((worker) => worker.ready))
  } catch (error) {
    await stop()
    throw error
  }
  return { target: { kind: 'worker', sockets }, pids: workers.flatMap(pidsOf), stop }
}

const pidsOf = ({ pid }: WorkerProcess): number[] => (pid === undefined ? [] : [pid])
