import type { Call } from '../../../gateway/core/call.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { WorkerCounts } from './pieces.ts'
import { waitingLine } from './waiting-line.ts'
import type { Worker } from './worker.ts'

/** The workers that are ready, and who gets which. */
export interface Pool {
  add(worker: Worker): void
  /** To be called when a worker has ended. */
  remove(worker: Worker): void
  /** Workers that can be sent pieces now or soon. */
  usable(): readonly Worker[]
  readonly counts: () => WorkerCounts
  /**
   * Uses the worker with the fewest estimated tokens outstanding. Waits only while all workers are kept for texts that run
   * alone; for such a text, waits until a worker is idle or a new one is ready.
   *
   * @throws BackendError `unavailable` when there is no worker, or none will come for a text that runs alone
   */
  use<T>(need: Need, run: (worker: Worker) => Promise<T>): Promise<T>
  /** To be called when a worker could not be started: with no other one left, waiting has no end in sight. */
  giveUpIfEmpty(): void
}

/** What a piece needs of a worker. */
export interface Need {
  /** Estimated; counted to the worker as long as it is used. */
  readonly tokens: number
  /** true: nothing else may be at the worker meanwhile, for the text may kill it. */
  readonly alone: boolean
  /** A wait ends with it. */
  readonly until: Pick<Call, 'onEnd'>
}

const noWorker = (): BackendError => new BackendError('unavailable', 'no worker is ready')

/** An empty pool. */
export const workerPool = (): Pool => {
  const workers = new Set<Worker>()
  const kept = new Set<Worker>()
  const waitingForAny = waitingLine<void>()
  const waitingAlone = waitingLine<Worker>()
  let isHopeless = false

  const usable = (): Worker[] => [...workers].filter((worker) => worker.usable())
  const leastLoaded = (): Worker | undefined => {
    let best: Worker | undefined
    for (const worker of workers) {
      if (!worker.usable() || kept.has(worker)) continue
      if (!best || worker.outstanding.tokens < best.outstanding.tokens) best = worker
    }
    return best
  }

  /** An idle worker that is kept from everybody else. */
  const idleWorker = async (until: Need['until']): Promise<Worker> => {
    const idle = usable().find((worker) => worker.outstanding.pieces === 0 && !kept.has(worker))
    if (idle === undefined && isHopeless && usable().length === 0) throw noWorker()
    if (idle === undefined) return waitingAlone.wait(until)
    kept.add(idle)
    return idle
  }

  /** Gives an idle worker to whoever waits for one alone, otherwise to everybody. */
  const offer = (worker: Worker): void => {
    if (kept.has(worker)) return
    if (worker.usable() && worker.outstanding.pieces === 0 && waitingAlone.length() > 0) {
      kept.add(worker)
      waitingAlone.callFirst(worker)
    } else waitingForAny.callAll()
  }

  const charged = async <T>(worker: Worker, tokens: number, run: (worker: Worker) => Promise<T>): Promise<T> => {
    worker.outstanding.pieces += 1
    worker.outstanding.tokens += tokens
    try {
      return await run(worker)
    } finally {
      worker.outstanding.pieces -= 1
      worker.outstanding.tokens -= tokens
      kept.delete(worker)
      offer(worker)
    }
  }

  return {
    add(worker) {
      workers.add(worker)
      isHopeless = false
      offer(worker)
    },
    remove(worker) {
      workers.delete(worker)
      kept.delete(worker)
      waitingForAny.callAll()
    },
    usable,
    counts: () => {
      const ready = usable().filter((worker) => !kept.has(worker))
      return { ready: ready.length, idle: ready.filter((worker) => worker.outstanding.pieces === 0).length }
    },
    async use({ tokens, alone, until }, run) {
      for (;;) {
        const worker = alone ? await idleWorker(until) : leastLoaded()
        if (worker?.usable()) return charged(worker, tokens, run)
        if (alone) continue
        if (usable().length === 0) throw noWorker()
        await waitingForAny.wait(until)
      }
    },
    giveUpIfEmpty: () => {
      if (usable().length > 0) return
      isHopeless = true
      waitingAlone.failAll(noWorker())
    },
  }
}
