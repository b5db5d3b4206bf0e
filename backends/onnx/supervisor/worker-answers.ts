import {
  type PieceWork,
  type RunningRows,
  tracedBatches,
  type WorkerFault,
  type WorkerHealth,
  type WorkerStats,
} from '../protocol.ts'

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const areNumbers = (value: Fields, names: readonly string[]): boolean =>
  names.every((name) => Number.isFinite(value[name]))
const areTexts = (value: Fields, names: readonly string[]): boolean =>
  names.every((name) => typeof value[name] === 'string')
const isListOf = (value: unknown, isItem: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every((item) => isItem(item))

const isBatch = (value: unknown): boolean =>
  isObject(value) &&
  areNumbers(value, ['number', 'rows', 'tokens', 'paddedTokens', 'inferenceMs']) &&
  isListOf(value.waitMs, Number.isFinite)

/** The JSON value of a body, to be judged by what follows; undefined when it is none. */
export const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether a body is an answer to `GET /stats`. */
export const isWorkerStats = (value: unknown): value is WorkerStats =>
  isObject(value) &&
  areNumbers(value, ['pid', 'rssBytes', 'queuedTexts', 'queuedTokens', 'msPerToken', 'longestBatchMs']) &&
  isListOf(value.batches, isBatch)

/** Whether a body is an answer to `GET /health`. */
export const isWorkerHealth = (value: unknown): value is WorkerHealth =>
  isObject(value) &&
  (value.state === 'up' || value.state === 'draining') &&
  areTexts(value, ['device', 'provider', 'model', 'space', 'instance'])

/** Whether a body says which rows run. */
export const areRunningRows = (value: unknown): value is RunningRows =>
  isListOf(value, (pair) => Array.isArray(pair) && pair.length === 2 && isListOf(pair, Number.isInteger))

/** Longer than any piece is in a worker: what is beyond it is no time that a trace could hold. */
const longestMs = 86_400_000
const areTimesMs = (value: Fields, names: readonly string[]): boolean =>
  names.every((name) => {
    const ms = value[name]
    return typeof ms === 'number' && ms >= 0 && ms <= longestMs
  })

const isBatchTimes = (value: unknown): boolean =>
  isObject(value) &&
  areNumbers(value, ['number', 'texts', 'paddedTokens']) &&
  areTimesMs(value, ['queuedMs', 'startedMs', 'forwardFromMs', 'forwardToMs']) &&
  isListOf(value.members, (member) => typeof member === 'string')

const areTimes = (value: unknown): boolean =>
  isObject(value) &&
  areTimesMs(value, ['readFromMs', 'readToMs', 'answeredMs']) &&
  Array.isArray(value.batches) &&
  value.batches.length <= tracedBatches &&
  value.batches.every(isBatchTimes)

/** Whether a body says what became of a piece. */
export const isPieceWork = (value: unknown): value is PieceWork =>
  isObject(value) && areNumbers(value, ['batchTexts']) && (value.times === undefined || areTimes(value.times))

const reasons: Readonly<Record<WorkerFault['error']['reason'], true>> = {
  too_long: true,
  busy: true,
  draining: true,
  bad_request: true,
  unauthorized: true,
  inference: true,
  rejected: true,
  deadline: true,
}

/** Whether a body says why a piece was not computed. */
export const isFault = (value: unknown): value is WorkerFault['error'] =>
  isObject(value) &&
  typeof value.message === 'string' &&
  typeof value.reason === 'string' &&
  Object.hasOwn(reasons, value.reason)
