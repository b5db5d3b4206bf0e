import type { Cancel, Clock } from '../../../gateway/core/clock.ts'
import { createEngine, type Engine } from '../../../backends/onnx/worker/engine.ts'
import { createStats } from '../../../backends/onnx/worker/stats.ts'
import type { Session } from '../../../backends/onnx/worker/session.ts'
import type { Tokenizer } from '../../../backends/onnx/worker/tokenizer.ts'
import { dims } from '../ledger.ts'
import type { BackendPlan } from '../plan.ts'
import { tokensOf } from '../texts.ts'

/** Where the rows of a batch are from, as the engine says before it runs them: pairs of a piece and a row of it. */
export type Running = readonly (readonly [piece: number, row: number])[]

/** A worker process: the real engine around a simulated device. */
export interface WorkerProcess {
  readonly engine: Engine
  /** Ends it where it stands. Nothing that it had begun goes on. */
  kill(): void
}

/** What a simulated worker process needs. */
export interface ProcessOptions {
  readonly plan: BackendPlan
  /** Of what is simulated around the gateway. */
  readonly clock: Clock
  /** Of the engine. */
  readonly engineClock: Clock
  /** Computes the rows of one batch, `paddedTokens` in all. */
  readonly compute: (running: Running, rows: number, paddedTokens: number) => Promise<Float32Array>
  /** Told when the engine gives its device up. */
  readonly onLost: () => void
}

/** Starts a process. */
export const workerProcess = ({ plan, clock, engineClock, compute, onLost }: ProcessOptions): WorkerProcess => {
  const timers = new Set<Cancel>()
  let isAlive = true
  let running: Running = []

  /** Settles like `work` as long as the process lives, and never afterwards. */
  const whileAlive = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      work.then(
        (value) => isAlive && resolve(value),
        (error: unknown) => isAlive && reject(error as Error),
      )
    })
  const after = (delayMs: number, run: () => void): Cancel => {
    const cancel = engineClock.after(delayMs, () => {
      timers.delete(cancel)
      run()
    })
    timers.add(cancel)
    return () => {
      timers.delete(cancel)
      cancel()
    }
  }
  const session: Session = {
    provider: 'cpu',
    dims,
    run: (ids) => {
      const longest = ids.reduce((most, { length }) => Math.max(most, length), 0)
      return whileAlive(compute(running, ids.length, longest * ids.length))
    },
    close: async () => {},
  }
  const tokenizer: Tokenizer = {
    padId: 0,
    encode: (text) => {
      const tokens = tokensOf(text)
      return { ids: new Int32Array(Math.min(tokens, plan.maxTokens)), truncated: tokens > plan.maxTokens }
    },
  }
  const engine = createEngine({
    session,
    tokenizer,
    profile: { budgetTokens: 256, overheadTokens: 6 },
    clock: { now: () => engineClock.now(), wallNow: () => engineClock.wallNow(), after },
    stats: createStats(plan.msPerToken),
    maxQueuedTokens: plan.queueTokens,
    onRunning: (rows) => {
      running = rows
    },
    onLost,
    turn: () => whileAlive(new Promise((resolve) => clock.after(0, resolve))),
  })
  return {
    engine,
    kill: () => {
      isAlive = false
      for (const cancel of timers) cancel()
    },
  }
}
