import { systemClock, type Clock } from '../../gateway/core/clock.ts'
import type { Recorder } from './recorder.ts'
import type { Sender } from './sender.ts'
import type { RequestTexts } from './texts.ts'

/** More requests than this waiting at once, and the rest is counted as `generator full`: the run is lost anyway. */
const mostInFlight = 20_000

/**
 * Requests at the times that `gapMs` says, until `endMs`; counts those that were to begin from `startMs` on, each from its
 * intended start. Resolves when the last answer is in.
 *
 * @param gapMs time from one request's intended start to the next one's
 */
export const openLoop = async (
  sender: Sender,
  next: () => RequestTexts,
  gapMs: () => number,
  startMs: number,
  endMs: number,
  record: Recorder,
  clock: Clock = systemClock,
): Promise<void> => {
  const inFlight = new Set<Promise<void>>()
  const begin = (intendedMs: number): void => {
    const isCounted = intendedMs >= startMs
    if (isCounted) record.late(clock.now() - intendedMs)
    if (inFlight.size >= mostInFlight) return record.failed(new Error('generator full'))
    const { texts, tokens } = next()
    const request = send(texts, tokens, intendedMs, isCounted)
    inFlight.add(request)
    void request.finally(() => inFlight.delete(request))
  }
  const send = async (
    texts: readonly string[],
    tokens: number,
    intendedMs: number,
    isCounted: boolean,
  ): Promise<void> => {
    try {
      await sender.send(texts)
      if (isCounted) record.answered(clock.now() - intendedMs, texts.length, tokens)
    } catch (error) {
      if (isCounted) record.failed(error, clock.now() - intendedMs)
    }
  }

  let dueMs = clock.now() + gapMs()
  while (dueMs < endMs) {
    while (dueMs <= clock.now() && dueMs < endMs) {
      begin(dueMs)
      dueMs += gapMs()
    }
    await new Promise<void>((resolve) => void clock.after(Math.max(1, dueMs - clock.now()), resolve))
  }
  await Promise.all(inFlight)
}
