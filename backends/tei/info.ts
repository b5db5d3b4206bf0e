import type { Clock } from '../../gateway/core/clock.ts'
import { BackendError } from '../../gateway/core/errors.ts'
import { jsonOf } from '../remote/answer.ts'
import type { Exchange } from '../remote/exchange.ts'
import { untilAbort } from '../remote/receive.ts'
import { refusalOf } from '../remote/refusal.ts'
import type { TeiOptions } from './options.ts'

const maxInfoBytes = 65_536

/**
 * Compares `GET /info` with the entry: a limit that is wrong would show much later, as refused batches or as vectors of
 * another part of a text. An engine without the route is taken at its entry's word.
 *
 * @throws BackendError `protocol` saying what to set, or what `refusalOf` makes of a refusal
 */
export const checkInfo = async (
  options: Pick<TeiOptions, 'model' | 'maxTexts' | 'maxTokens'>,
  exchange: Exchange,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> => {
  const answer = await exchange.send({ route: '/info', maxBytes: maxInfoBytes, until: untilAbort(signal) })
  if (answer.status === 404) return
  if (answer.status !== 200) throw refusalOf(answer, clock.wallNow())
  const fault = differenceOf(options, jsonOf(answer.body))
  if (fault !== undefined) throw new BackendError('protocol', fault)
}

const differenceOf = (
  { model, maxTexts, maxTokens }: Pick<TeiOptions, 'model' | 'maxTexts' | 'maxTokens'>,
  info: unknown,
): string | undefined => {
  if (typeof info !== 'object' || info === null) return 'the answer to /info is no object'
  const fields = info as Readonly<Record<string, unknown>>
  const { model_id: itsModel, model_type: type, max_input_length: itsTokens, max_client_batch_size: itsTexts } = fields
  if (model !== undefined && typeof itsModel === 'string' && itsModel !== model)
    return `the engine serves ${JSON.stringify(itsModel.slice(0, 128))}, its entry says ${JSON.stringify(model)}`
  if (typeof type === 'object' && type !== null && !isEmbedding(type)) return "the engine's model does not embed"
  if (typeof itsTokens === 'number' && itsTokens !== maxTokens)
    return `the engine reads ${itsTokens} tokens of a text: set maxTokens to that, not ${maxTokens}`
  if (typeof itsTexts === 'number' && itsTexts < maxTexts)
    return `the engine takes ${itsTexts} texts at once: set maxTexts to that or less, not ${maxTexts}`
  return undefined
}

/** Lower case since TEI 1.0; the schema of its documentation has it capitalised. */
const isEmbedding = (type: object): boolean => 'embedding' in type || 'Embedding' in type
