import type { Health } from '../../../gateway/core/backend.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import { limited } from '../supervisor/limited.ts'
import type { Connection } from './connection.ts'

/** What is known of a replica besides its connection. */
export interface RemoteFacts {
  readonly url: string
  /** Why there is no connection. */
  readonly failure: Error
  readonly clock: Clock
}

/** A worker at work may not read the question for long; what is known of it is said before whoever asks gives up (1 s). */
const answerMs = 500

/**
 * Asks a remote worker for its health. One that does not answer in time is up all the same: it reads no question while a batch
 * runs, and the watch gives its connection up when there is no life in it.
 */
export const healthOf = async (
  connection: Connection | undefined,
  { url, failure, clock }: RemoteFacts,
  signal: AbortSignal,
): Promise<Health> => {
  if (!connection || connection.isLost()) return { state: 'down', detail: failure.message, facts: { url } }
  const { origin, about } = connection
  const { pid, rssBytes, queuedTokens } = connection.stats()
  const facts = { url, origin, device: about.device, provider: about.provider, pid, rssBytes, queuedTokens }
  const limit = { clock, limitMs: answerMs, reason: () => new Error('no answer in time') }
  const asked = limited(limit, signal, (limitSignal) => connection.client.health(limitSignal))
  const state = await asked.then((answer) => answer.state).catch(() => undefined)
  if (state === 'draining') connection.retire()
  if (connection.isStopping()) return { state: 'down', detail: 'the worker is stopping', facts }
  if (connection.isLost()) return { state: 'down', detail: 'the connection has just been lost', facts }
  return { state: 'up', detail: `1 worker on ${about.provider} at ${origin}`, facts }
}
