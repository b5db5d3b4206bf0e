import type { Call, Priority } from '../../../gateway/core/call.ts'
import { systemClock, type Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import { interactiveLatelyMs } from '../interactive-lately.ts'
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
   * Uses the worker with the fewest estimated tokens in front of the piece; of bulk only the batch that runs is in front of
   * interactive work. Of several workers one is kept free of bulk while interactive work comes. Waits only while all workers are kept for texts that run
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
  /** `interactive` by default. */
  readonly priority?: Priority
  /** true: nothing else may be at the worker meanwhile, for the text may kill it. */
  readonly alone: boolean
  /** A wait ends with it. */
  readonly until: Pick<Call, 'onEnd'>
}

const noWorker = (): BackendError => new BackendError('unavailable', 'no worker is ready')

/** An empty pool. */
export const workerPool = (clock: Clock = systemClock): Pool => {
  const workers = new Set<Worker>()
  const kept = new Set<Worker>()
  const waitingForAny = waitingLine<void>()
  const waitingAlone = waitingLine<Worker>()
  const bulkTokens = new WeakMap<Worker, number>()
  let lastInteractiveMs = -Infinity
  let isHopeless = false

  const usable = (): Worker[] => [...workers].filter((worker) => worker.usable())
  const tokensBefore = (worker: Worker, priority: Priority): number => {
    const { tokens } = worker.outstanding
    const bulk = bulkTokens.get(worker) ?? 0
    return priority === 'bulk' ? tokens : tokens - bulk + Math.min(bulk, worker.runningBulkTokens())
  }
  const leastLoaded = (priority: Priority): Worker | undefined => {
    let candidates = usable().filter((worker) => !kept.has(worker))
    if (priority === 'interactive') lastInteractiveMs = clock.now()
    else if (clock.now() - lastInteractiveMs < interactiveLatelyMs && candidates.length > 1) {
      candidates = candidates.slice(1)
    }
    let best: Worker | undefined
    for (const worker of candidates) {
      if (!best || tokensBefore(worker, priority) < tokensBefore(best, priority)) best = worker
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

  const charge = (worker: Worker, pieces: number, tokens: number, priority: Priority): void => {
    worker.outstanding.pieces += pieces
    worker.outstanding.tokens += tokens
    if (priority === 'bulk') bulkTokens.set(worker, (bulkTokens.get(worker) ?? 0) + tokens)
  }
  const charged = async <T>(
    worker: Worker,
    tokens: number,
    priority: Priority,
    run: (worker: Worker) => Promise<T>,
  ): Promise<T> => {
    charge(worker, 1, tokens, priority)
    try {
      return await run(worker)
    } finally {
      charge(worker, -1, -tokens, priority)
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
    async use({ tokens, alone, until, priority = 'interactive' }, run) {
      for (;;) {
        const worker = alone ? await idleWorker(until) : leastLoaded(priority)
        if (worker?.usable()) return charged(worker, tokens, priority, run)
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
