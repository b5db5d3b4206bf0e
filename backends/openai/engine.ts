import type { BackendContext } from '../../gateway/core/backend.ts'
import { BackendError, GatewayError } from '../../gateway/core/errors.ts'
import { answerOf, jsonOf, largestAnswerBytes } from '../remote/answer.ts'
import { isTooLong, type RefusingEngine } from '../remote/cut-refused.ts'
import type { Exchange } from '../remote/exchange.ts'
import { refusalOf } from '../remote/refusal.ts'
import type { OpenAiOptions } from './options.ts'
import { prefixOfBytes } from './prefix.ts'
import { rowsOf, tokensOf } from './rows.ts'
import { fitsSurely, tokenRoom } from './token-room.ts'

/**
 * Bytes per token of the beginnings that are tried of a text that is too long, until the engine takes one: English prose has
 * about 4. Fixed, so that a text is always cut at the same place.
 */
const bytesPerTokenTried = [4, 3, 2] as const

/** Asks an OpenAI-compatible engine: it refuses what is too long, so the cutting is done here. */
export const openAiEngine = (context: BackendContext<OpenAiOptions>, exchange: Exchange): RefusingEngine => {
  const { name, replica, options, log, clock } = context
  const { model, dims, encoding, sendDimensions, maxTokens } = options

  const whole: RefusingEngine['whole'] = async (texts, call) => {
    const answer = await exchange.send({
      route: '/embeddings',
      body: JSON.stringify({
        model,
        input: texts,
        encoding_format: encoding,
        ...(sendDimensions && { dimensions: dims }),
      }),
      maxBytes: largestAnswerBytes(texts.length, dims),
      until: call,
      requestId: call.requestId,
      trace: call,
    })
    if (answer.status !== 200) {
      const refusal = refusalOf(answer, clock.wallNow(), texts.length)
      throw isTooLong(refusal) ? refusedFor(texts, refusal) : refusal
    }
    const body = jsonOf(answer.body)
    return answerOf(texts, rowsOf(body, texts.length, dims), tokensOf(body), options)
  }

  /** Who is to blame when texts are refused for their length: not the caller, where all of them are within `maxTokens`. */
  const refusedFor = (texts: readonly string[], refusal: Error): Error => {
    if (!texts.every((text) => fitsSurely(text, maxTokens))) return refusal
    if (texts.length === 1) return readsLess(refusal)
    const message = `${texts.length} texts are more than the engine takes at once`
    return new GatewayError('EG_INPUT_TOO_MANY', message, { param: 'input', cause: refusal })
  }

  /** Trails and metrics of a request have the fault alone, which does not say what to do. */
  let hasWarned = false
  const readsLess = (cause: unknown): BackendError => {
    const message = `the engine reads less than ${maxTokens} tokens of a text: set backends.${name}.maxTokens to what it reads`
    if (!hasWarned) log.warn({ backend: name, replica }, message)
    hasWarned = true
    return new BackendError('status', message, { cause })
  }

  const cut: RefusingEngine['cut'] = async (text, call) => {
    for (const bytesPerToken of bytesPerTokenTried) {
      const beginning = prefixOfBytes(text, bytesPerToken * tokenRoom(maxTokens))
      if (beginning === text) continue
      try {
        return { ...(await whole([beginning], call)), truncated: Uint8Array.of(1) }
      } catch (error) {
        if (!isTooLong(error)) throw error
      }
    }
    // What surely fits, and so is not the text's fault when it is refused.
    return { ...(await whole([prefixOfBytes(text, tokenRoom(maxTokens))], call)), truncated: Uint8Array.of(1) }
  }

  return { whole, cut }
}
