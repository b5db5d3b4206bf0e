import type { Call } from '../../gateway/core/call.ts'
import type { Clock } from '../../gateway/core/clock.ts'
import { BackendError } from '../../gateway/core/errors.ts'
import { answerOf, jsonOf, largestAnswerBytes } from '../remote/answer.ts'
import { isTooLong, type RefusingEngine } from '../remote/cut-refused.ts'
import type { Exchange } from '../remote/exchange.ts'
import { refusalOf } from '../remote/refusal.ts'
import type { OpenAiOptions } from './options.ts'
import { prefixOfBytes } from './prefix.ts'
import { rowsOf, tokensOf } from './rows.ts'
import { fitsSurely, longestText, tokenRoom } from './token-room.ts'

/** How an OpenAI-compatible engine embeds: it refuses what is too long, so the cutting is done here. */
export interface OpenAiEngine extends RefusingEngine {
  /** Embeds a text of nearly `maxTokens` tokens. Resolves with what to set when it is refused as too long. @throws as `whole` */
  readonly refusedLength: (call: Call) => Promise<BackendError | undefined>
}

/**
 * Bytes per token of the beginnings that are tried of a text that is too long, until the engine takes one: English prose has
 * about 4. Fixed, so that a text is always cut at the same place.
 */
const bytesPerTokenTried = [4, 3, 2] as const

/**
 * Asks an OpenAI-compatible engine.
 *
 * @param entry path of its entry, for messages
 */
export const openAiEngine = (options: OpenAiOptions, entry: string, exchange: Exchange, clock: Clock): OpenAiEngine => {
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
      ...(call.traceparent !== undefined && { traceparent: call.traceparent }),
    })
    if (answer.status !== 200) {
      const refusal = refusalOf(answer, clock.wallNow(), texts.length)
      // Whoever sent it is not at fault, and another tier may well read it.
      throw isTooLong(refusal) && texts.every((text) => fitsSurely(text, maxTokens)) ? readsLess(refusal) : refusal
    }
    const body = jsonOf(answer.body)
    return answerOf(texts, rowsOf(body, texts.length, dims), tokensOf(body), options)
  }

  const readsLess = (cause: unknown): BackendError => {
    const message = `the engine reads less than ${maxTokens} tokens of a text: set ${entry}.maxTokens to what it reads`
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

  const refusedLength: OpenAiEngine['refusedLength'] = async (call) => {
    try {
      await whole([longestText(maxTokens)], call)
      return undefined
    } catch (error) {
      if (isTooLong(error)) return readsLess(error)
      throw error
    }
  }

  return { whole, cut, refusedLength }
}
