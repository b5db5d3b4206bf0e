import { openCall, type Call, type Priority } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import type { EmbedBatch, Embeddings } from '../core/embeddings.ts'
import { CallerGone } from '../core/errors.ts'
import type { EmbedFn } from '../core/layer.ts'

/** One computation that several requests wait for. */
export interface Flight {
  /** Starts it, on behalf of one participant. */
  launch(next: EmbedFn, batch: EmbedBatch): void
  /** How it ends, once it has been launched. */
  answer(): Promise<Embeddings>
  /** How many texts it computes. */
  size(): number
  /** The highest class of its participants. */
  priority(): Priority
  /** What is left of the deadline it was started with. */
  remainingMs(): number
  /** Adds a participant, whose class the computation takes if it is higher. */
  join(priority: Priority): void
  /**
   * Takes a participant away; when it was the last one, the computation is aborted with the reason. Harmless after the end.
   *
   * @param endedBy what ended its call; by default it has left
   */
  leave(endedBy?: Error): void
}

/**
 * Opens a flight with the facts and the deadline of the request that starts it, but a life of its own: it ends with the
 * answer, at that deadline, or when nobody waits for it any more.
 *
 * @param onEnd called once, before any participant sees the end, so that nobody joins a flight that is over
 */
export const openFlight = (clock: Clock, leader: Call, onEnd: () => void): Flight => {
  const call = openCall(clock, leader, leader.priority, leader.deadline)
  let participants = 1
  let size = 0
  let isOver = false
  let answer: Promise<Embeddings> = notLaunched
  const end = (): void => {
    if (isOver) return
    isOver = true
    call.release()
    onEnd()
  }
  const compute = async (next: EmbedFn, batch: EmbedBatch): Promise<Embeddings> => {
    try {
      return await next(batch, call)
    } finally {
      end()
    }
  }
  return {
    launch: (next, batch) => {
      size = batch.texts.length
      answer = compute(next, batch)
    },
    answer: () => answer,
    size: () => size,
    priority: () => call.priority,
    remainingMs: () => call.deadline.remainingMs(),
    join: (priority) => {
      participants++
      call.raise(priority)
    },
    leave: (endedBy) => {
      participants--
      if (participants > 0 || isOver) return
      end()
      call.abort(endedBy ?? new CallerGone())
    },
  }
}

const notLaunched: Promise<never> = new Promise(() => {})
