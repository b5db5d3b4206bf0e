import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { LimitsConfig, ServerConfig } from '../config/schema.ts'
import { whenClosed } from '../core/connection.ts'
import type { EmbedBatch, Embeddings } from '../core/embeddings.ts'
import { CallerGone, GatewayError } from '../core/errors.ts'
import type { ServedModel } from '../core/served-model.ts'
import { expectSpace, spaceIdAt } from './dimensions.ts'
import { cutTo } from './encode/cut.ts'
import { provenanceOf, setHonestHeaders, type Provenance } from './headers.ts'
import { openRequestCall } from './open-call.ts'

/** What the routes are configured with. */
export interface HttpOptions {
  readonly server: Static<typeof ServerConfig>
  readonly limits: Static<typeof LimitsConfig>
  /** true: the memory of an answer is used again once it is out. Only where no foreign code can have kept it. */
  readonly reusesMemory: boolean
}

/** What any public API asks for, once its body is understood. */
export interface Ask {
  readonly served: ServedModel
  /** Checked, prompts applied. */
  readonly texts: readonly string[]
  /** The request field that the texts came in. */
  readonly field: string
  /** false: a text longer than the model reads is refused instead of cut. */
  readonly truncate: boolean
  /** Width to answer with. */
  readonly dims: number
}

/** The vectors to write, and what may be said about them. */
export interface Answer extends Provenance {
  /** At the width that was asked for. */
  readonly embeddings: Embeddings
  /** What the model read, over all texts; the same for stored and for computed rows. */
  readonly tokens: number
}

/** Answers an `Ask` of one request, and puts the honest headers on its reply. */
export type AnswerFn = (request: FastifyRequest, reply: FastifyReply, ask: Ask) => Promise<Answer>

/**
 * The one internal path that all public APIs share. It opens the request's call, aborts it when the caller leaves, and
 * releases it whatever happens.
 *
 * @throws GatewayError any code of the table; CallerGone
 */
export const answerWith = (app: FastifyInstance, { server, limits }: HttpOptions): AnswerFn => {
  const callLimits = { ...server, bulkTokens: limits.bulkTokens }
  return async (request, reply, ask) => {
    const { model, embed } = ask.served
    const space = spaceIdAt(model, ask.dims)
    expectSpace(request.headers['x-embedgate-expect-space'], space)
    const estimated = model.estimate.tokensOfAll(ask.texts)
    const texts = ask.texts.length
    // Whoever reads this before it is replaced reads it because the caller has left.
    request.summary = { outcome: 'caller_gone', model: model.name, texts, tokens: estimated }
    refuseTooLong(estimated, limits.requestTokens, ask.field)

    const startMs = app.clock.now()
    const call = openRequestCall(app.clock, request, estimated, callLimits)
    const ignoreClose = whenClosed(reply.raw, request.raw.socket, () => call.abort(new CallerGone()))
    const { quota } = request.identity
    let chargedTokens = 0
    let usedTokens = 0
    try {
      quota?.charge(estimated)
      chargedTokens = estimated
      const batch: EmbedBatch = {
        texts: ask.texts,
        truncate: ask.truncate,
        space: model.spaceId,
        minParity: model.minParity,
      }
      const embeddings = await embed(batch, call)
      usedTokens = sumOf(embeddings.tokens)
      const provenance = provenanceOf(embeddings)
      setHonestHeaders(reply, provenance, texts, space)
      reply.header('openai-processing-ms', String(Math.round(app.clock.now() - startMs)))
      const { backend, cache, degraded, lost, attempts, truncated, ran } = provenance
      const tokens = usedTokens
      request.summary = {
        outcome: 'success',
        model: model.name,
        texts,
        tokens,
        backend,
        cache,
        degraded,
        ...(lost && { degradedFrom: lost.from, degradedReason: lost.reason }),
        attempts,
        truncated,
        dimensions: ask.dims,
        ...(ran && { device: ran.device, batchTexts: ran.batchTexts }),
      }
      const isCut = ask.dims !== model.space.dims
      const shown = isCut ? cutTo(embeddings, ask.dims, model.space.normalized) : embeddings
      return { ...provenance, embeddings: shown, tokens }
    } finally {
      ignoreClose()
      call.release()
      quota?.settle(chargedTokens, usedTokens)
    }
  }
}

const refuseTooLong = (tokens: number, requestTokens: number, field: string): void => {
  if (tokens <= requestTokens) return
  const message = `${field} has about ${tokens} tokens; at most ${requestTokens} go in one request, so send it in parts`
  throw new GatewayError('EG_INPUT_TOO_LONG', message, { param: field })
}

const sumOf = (numbers: Uint32Array): number => {
  let sum = 0
  for (const number of numbers) sum += number
  return sum
}
