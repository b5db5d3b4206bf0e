import type { Client } from 'undici'
import { BackendError } from '../../../gateway/core/errors.ts'
import { parsed } from './worker-answers.ts'

/** Above the largest honest answer to a question, so that a broken worker fills no memory. */
export const maxAnswerBytes = 4_194_304

/** Codes of a failed connect that say nothing about the worker: out of descriptors, or its backlog is full. */
const ownLimits: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EAGAIN'])

/**
 * Asks a worker over HTTP.
 *
 * @param path with its query
 * @throws the signal's reason; BackendError `connection` when the socket fails, `busy` when none can be opened, `unavailable`
 *   when the worker wants another token, `protocol` when the answer is not what the protocol says
 */
export const question = async <Answer>(
  client: Client,
  path: string,
  isAnswer: (value: unknown) => value is Answer,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> => {
  const { status, text } = await exchange(client, path, signal, headers)
  const answer = parsed(text)
  if (status === 401) {
    const why = headers['authorization'] === undefined ? 'wants a token' : 'refuses the token'
    throw new BackendError('unavailable', `the worker ${why}: it must be its EMBEDGATE_WORKER_TOKEN`)
  }
  if (status === 200 && isAnswer(answer)) return answer
  throw new BackendError('protocol', `the worker answered ${path} with status ${status} and an unknown body`)
}

const exchange = async (
  client: Client,
  path: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string }> => {
  try {
    const { statusCode, body } = await client.request({ path, method: 'GET', headers, signal })
    return { status: statusCode, text: await body.text() }
  } catch (cause) {
    signal.throwIfAborted()
    if (ownLimits.has((cause as NodeJS.ErrnoException).code ?? '')) {
      throw new BackendError('busy', 'no further connection to the worker can be opened', { cause })
    }
    throw new BackendError('connection', `the connection to the worker failed: ${(cause as Error).message}`, { cause })
  }
}
