import type { EmbedRequest } from '../../protocol.ts'
import { Refusal } from '../engine/refusal.ts'

/** Texts of one piece: bounds what its rows take. A piece of 2 048 estimated tokens has fewer. */
const maxTexts = 2_048
/** Timers of Node fire at once beyond this. */
const longestTimerMs = 2_147_483_647
/** Characters of a `traceparent` of version 00. */
const traceparentLength = 55

/**
 * The request in the body of an embed frame.
 *
 * @throws Refusal `bad_request`, or `deadline` when nothing is left of it
 */
export const embedRequestOf = (body: Buffer): EmbedRequest => {
  const given = Object(parse(body)) as Partial<EmbedRequest>
  const { texts, truncate, tenant, priority, deadlineMs, alone, tellsWork, traceparent } = given
  const hasTexts = Array.isArray(texts) && texts.every((text: unknown) => typeof text === 'string')
  if (!hasTexts || texts.length === 0) throw new Refusal('bad_request', 'texts must be a non-empty list of strings')
  if (texts.length > maxTexts) throw new Refusal('bad_request', `a piece has at most ${maxTexts} texts`)
  if (typeof tenant !== 'string') throw new Refusal('bad_request', 'tenant must be a string')
  if (typeof truncate !== 'boolean') throw new Refusal('bad_request', 'truncate must be true or false')
  if (priority !== 'interactive' && priority !== 'bulk') {
    throw new Refusal('bad_request', 'priority must be interactive or bulk')
  }
  if (alone !== undefined && typeof alone !== 'boolean') throw new Refusal('bad_request', 'alone must be true or false')
  if (typeof deadlineMs !== 'number') throw new Refusal('bad_request', 'deadlineMs must be a number')
  if (deadlineMs <= 0) throw new Refusal('deadline', 'the deadline had passed on arrival')
  const facts = { texts, truncate, tenant, priority, deadlineMs: Math.min(deadlineMs, longestTimerMs) }
  return {
    ...facts,
    ...(alone !== undefined && { alone }),
    ...(tellsWork === true && { tellsWork }),
    // What is told of the piece matters less than its rows: a bad one is passed over.
    ...(typeof traceparent === 'string' && traceparent.length === traceparentLength && { traceparent }),
  }
}

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new Refusal('bad_request', 'the body is not JSON')
  }
}
