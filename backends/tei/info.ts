import type { Clock } from '../../gateway/core/clock.ts'
import { BackendError } from '../../gateway/core/errors.ts'
import { jsonOf } from '../remote/answer.ts'
import type { Exchange } from '../remote/exchange.ts'
import { untilAbort } from '../remote/receive.ts'
import { refusalOf } from '../remote/refusal.ts'
import type { TeiOptions } from './options.ts'

const maxInfoBytes = 65_536

/** Compares `GET /info` with the entry. An engine without the route is taken at its entry's word. */
export interface InfoWatch {
  /**
   * A limit that is wrong would show much later, as refused batches or as vectors of another part of a text. Remembers what
   * makes the vectors.
   *
   * @throws BackendError `protocol` saying what to set, or what `refusalOf` makes of a refusal
   */
  check(signal: AbortSignal): Promise<void>
  /**
   * What does not fit the entry now, or is not as `check` found it: an engine that was started again may serve another model.
   * Undefined when all is well, and when the engine does not say.
   *
   * @throws BackendError as `Exchange.send`, or `protocol` for what is no JSON
   */
  changed(signal: AbortSignal): Promise<string | undefined>
  /** Calls `listener` with the reason whenever `check` or `changed` finds another model than the last `check` that passed. */
  onOtherModel(listener: (reason: string) => void): void
}

type Entry = Pick<TeiOptions, 'model' | 'maxTexts' | 'maxTokens'>
type Info = Readonly<Record<string, unknown>>

/** A watch over what one engine says of itself. */
export const infoWatch = (entry: Entry, exchange: Exchange, clock: Clock): InfoWatch => {
  let known: Info | undefined
  let tell: ((reason: string) => void) | undefined
  const ask = (signal: AbortSignal) =>
    exchange.send({ route: '/info', maxBytes: maxInfoBytes, until: untilAbort(signal) })
  const changeTo = (info: Info): string | undefined => {
    const change = known && changeOf(known, info)
    if (change !== undefined) tell?.(change)
    return change
  }

  return {
    async check(signal) {
      const answer = await ask(signal)
      if (answer.status === 404) return
      if (answer.status !== 200) throw refusalOf(answer, clock.wallNow())
      const info = infoOf(answer.body)
      changeTo(info)
      const fault = differenceOf(entry, info)
      if (fault !== undefined) throw new BackendError('protocol', fault)
      known = info
    },
    async changed(signal) {
      if (!known) return undefined
      const answer = await ask(signal)
      if (answer.status !== 200) return undefined
      const info = infoOf(answer.body)
      const change = changeTo(info)
      return differenceOf(entry, info) ?? change
    },
    onOtherModel: (listener) => void (tell = listener),
  }
}

/** @throws BackendError `protocol` */
const infoOf = (body: Buffer): Info => {
  const info = jsonOf(body)
  if (typeof info === 'object' && info !== null) return info as Info
  throw new BackendError('protocol', 'the answer to /info is no object')
}

const differenceOf = ({ model, maxTexts, maxTokens }: Entry, info: Info): string | undefined => {
  const { model_id: itsModel, model_type: type, max_input_length: itsTokens, max_client_batch_size: itsTexts } = info
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

/** What makes the vectors; the pooling is in `model_type`. Precision is no part of a space, and pods behind one URL may differ in it. */
const ofTheVectors = ['model_id', 'model_sha', 'model_type', 'max_input_length'] as const

const changeOf = (known: Info, info: Info): string | undefined => {
  const field = ofTheVectors.find((name) => JSON.stringify(known[name]) !== JSON.stringify(info[name]))
  return field === undefined ? undefined : `the engine has another ${field} than when it started`
}
