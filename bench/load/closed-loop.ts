import { setTimeout as sleep } from 'node:timers/promises'
import type { Recorder } from './recorder.ts'
import type { Sender } from './sender.ts'
import type { RequestTexts } from './texts.ts'

/** Keeps a client from spinning on a server that refuses at once. */
const pauseAfterErrorMs = 10

/**
 * `clients` callers until `endMs` on the monotonic clock; counts what is answered between `startMs` and `endMs`. Of a
 * request that crosses an edge, the share of its texts counts that its time inside is of its whole time: a large request
 * to a slow server is otherwise all or nothing. Resolves when the last answer is in.
 */
export const closedLoop = async (
  sender: Sender,
  next: () => RequestTexts,
  clients: number,
  startMs: number,
  endMs: number,
  record: Recorder,
): Promise<void> => {
  const client = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const { texts, tokens } = next()
      const sentMs = performance.now()
      const error = await sender.send(texts).then(
        () => undefined,
        (reason: unknown) => reason ?? 'unknown',
      )
      const nowMs = performance.now()
      if (error === undefined) {
        const inside = (Math.min(nowMs, endMs) - Math.max(sentMs, startMs)) / (nowMs - sentMs)
        if (inside > 0) record.answered(nowMs - sentMs, texts.length * inside, tokens * inside)
      } else {
        if (nowMs >= startMs) record.failed(error)
        await sleep(pauseAfterErrorMs)
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
}
