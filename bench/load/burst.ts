import type { Recorder } from './recorder.ts'
import type { Sender } from './sender.ts'
import type { RequestTexts } from './texts.ts'

/** Sends `requests` requests at once and waits for all answers. */
export const burst = async (
  sender: Sender,
  next: () => RequestTexts,
  requests: number,
  record: Recorder,
): Promise<void> => {
  const startMs = performance.now()
  const one = async ({ texts, tokens }: RequestTexts): Promise<void> => {
    try {
      await sender.send(texts)
      record.answered(performance.now() - startMs, texts.length, tokens)
    } catch (error) {
      record.failed(error, performance.now() - startMs)
    }
  }
  await Promise.all(Array.from({ length: requests }, next).map(one))
}
