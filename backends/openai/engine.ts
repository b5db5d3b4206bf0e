import type { Clock } from '../../gateway/core/clock.ts'
import { GatewayError } from '../../gateway/core/errors.ts'
import { answerOf, jsonOf, largestAnswerBytes } from '../remote/answer.ts'
import type { RefusingEngine } from '../remote/cut-refused.ts'
import type { Exchange } from '../remote/exchange.ts'
import { refusalOf } from '../remote/refusal.ts'
import type { OpenAiOptions } from './options.ts'
import { prefixOfBytes } from './prefix.ts'
import { rowsOf, tokensOf } from './rows.ts'

/**
 * Bytes per token of the beginnings that are tried of a text that is too long, until the engine takes one: English prose has
 * about 4, nothing has less than 1. Fixed, so that a text is always cut at the same place.
 */
const bytesPerTokenTried = [4, 3, 2, 1] as const

/** Asks an OpenAI-compatible engine. Such engines refuse what is too long, so the cutting is done here. */
export const openAiEngine = (options: OpenAiOptions, exchange: Exchange, clock: Clock): RefusingEngine => {
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
    if (answer.status !== 200) throw refusalOf(answer, clock.wallNow(), texts.length)
    const body = jsonOf(answer.body)
    return answerOf(texts, rowsOf(body, texts.length, dims), tokensOf(body), options)
  }

  const cut: RefusingEngine['cut'] = async (text, call) => {
    for (const bytesPerToken of bytesPerTokenTried) {
      const beginning = prefixOfBytes(text, bytesPerToken * maxTokens)
      if (beginning === text) continue
      try {
        return { ...(await whole([beginning], call)), truncated: Uint8Array.of(1) }
      } catch (error) {
        if (!(error instanceof GatewayError && error.code === 'EG_INPUT_TOO_LONG')) throw error
      }
    }
    const message = `the engine reads less of a text than the ${maxTokens} tokens of its entry`
    throw new GatewayError('EG_INPUT_TOO_LONG', message, { param: 'input' })
  }

  return { whole, cut }
}
