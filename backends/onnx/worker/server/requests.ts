import type { EmbedRequest, RaiseRequest } from '../../protocol.ts'
import { Refusal } from '../engine/refusal.ts'

/** Texts of one piece: bounds what its rows take. A piece of 2 048 estimated tokens has fewer. */
const maxTexts = 2_048
/** The deadline of a request that names none. */
const defaultDeadlineMs = 120_000

/**
 * The piece in a body.
 *
 * @throws Refusal `bad_request`
 */
export const embedRequestOf = (body: unknown): EmbedRequest => {
  const { piece, texts, truncate, tenant, priority } = Object(body) as Partial<EmbedRequest>
  const hasTexts = Array.isArray(texts) && texts.every((text: unknown) => typeof text === 'string')
  if (!hasTexts || texts.length === 0) throw new Refusal('bad_request', 'texts must be a non-empty list of strings')
  if (texts.length > maxTexts) throw new Refusal('bad_request', `a piece has at most ${maxTexts} texts`)
  if (typeof piece !== 'string' || typeof tenant !== 'string') {
    throw new Refusal('bad_request', 'piece and tenant must be strings')
  }
  if (typeof truncate !== 'boolean') throw new Refusal('bad_request', 'truncate must be true or false')
  return { piece, texts, truncate, tenant, priority: priorityOf(priority) }
}

/**
 * The raise in a body.
 *
 * @throws Refusal `bad_request`
 */
export const raiseRequestOf = (body: unknown): RaiseRequest => {
  const { piece, priority } = Object(body) as Partial<RaiseRequest>
  if (typeof piece !== 'string') throw new Refusal('bad_request', 'piece must be a string')
  return { piece, priority: priorityOf(priority) }
}

const priorityOf = (value: unknown): EmbedRequest['priority'] => {
  if (value === 'interactive' || value === 'bulk') return value
  throw new Refusal('bad_request', 'priority must be interactive or bulk')
}

/**
 * Milliseconds that a piece may take, from its `x-embedgate-deadline-ms` header.
 *
 * @throws Refusal `bad_request` when it is not a number, `deadline` when nothing is left
 */
export const remainingMsOf = (header: string | readonly string[] | undefined): number => {
  if (header === undefined) return defaultDeadlineMs
  const remainingMs = Number(header)
  if (!Number.isFinite(remainingMs)) throw new Refusal('bad_request', 'x-embedgate-deadline-ms must be a number')
  if (remainingMs <= 0) throw new Refusal('deadline', 'the deadline had passed on arrival')
  return Math.min(remainingMs, longestTimerMs)
}

/** Timers of Node fire at once beyond this. */
const longestTimerMs = 2_147_483_647
