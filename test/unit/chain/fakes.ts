import type { Backend } from '../../../gateway/core/backend.ts'
import { openCall, type CallFacts, type Priority, type AbortableCall } from '../../../gateway/core/call.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import { deadlineIn } from '../../../gateway/core/deadline.ts'
import { computed, type EmbedBatch, type Embeddings } from '../../../gateway/core/embeddings.ts'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import type { Model, References } from '../../../gateway/core/model.ts'
import { spaceId, type Space } from '../../../gateway/core/space.ts'
import { tokenEstimate } from '../../../gateway/core/token-estimate.ts'

/** A space of small vectors. */
export const space: Space = {
  model: 'fake',
  revision: '1',
  dims: 4,
  pooling: 'mean',
  normalized: true,
  maxTokens: 256,
  prompts: {},
}

/** A model in `space`, without references. */
export const fakeModel = (over: Partial<Model> = {}): Model => ({
  name: 'fake',
  aliases: [],
  space,
  spaceId: spaceId(space),
  minParity: 0.999,
  onTooLong: 'truncate',
  matryoshkaDims: [],
  estimate: tokenEstimate(256),
  ...over,
})

/** A unit vector that only this text has: its direction is a number made of its letters. */
export const vectorFor = (text: string): number[] => {
  const seed = Buffer.from(text).reduce((sum, byte) => (sum * 31 + byte) % 100_003, 7)
  const raw = [Math.cos(seed), Math.sin(seed), Math.cos(seed * 2) + 2, Math.sin(seed * 3)]
  const norm = Math.hypot(...raw)
  return raw.map((value) => value / norm)
}

/** What a sound backend answers. */
export const answerFor = (texts: readonly string[]): Embeddings =>
  computed(
    texts.map((text) => vectorFor(text)),
    4,
    texts.map((text) => text.length),
  )

/** A batch for `space`. */
export const batchOf = (texts: readonly string[], over: Partial<EmbedBatch> = {}): EmbedBatch => ({
  texts,
  truncate: true,
  space: spaceId(space),
  minParity: 0.999,
  ...over,
})

/** A request's call. */
export const callFor = (
  clock: Clock,
  ms = 10_000,
  facts: Partial<CallFacts> = {},
  priority: Priority = 'interactive',
): AbortableCall =>
  openCall(clock, { requestId: 'r', tenant: 't', cache: 'default', ...facts }, priority, deadlineIn(clock, ms))

/** A promise that never settles: a backend that hangs and ignores its signal. */
export const never = (): Promise<never> => new Promise(() => {})

/** The outcome of a promise, without rejecting. */
export const outcome = async <T>(work: Promise<T>): Promise<T | Error> => {
  try {
    return await work
  } catch (error) {
    return error as Error
  }
}

/** A computing backend that answers, unless told otherwise. */
export const fakeBackend = (over: Partial<Backend> = {}): Backend => ({
  name: 'fake',
  replica: 0,
  kind: 'fake',
  limits: { texts: 100 },
  computing: true,
  queueing: false,
  optional: false,
  space,
  embed: async ({ texts }) => answerFor(texts),
  health: async () => ({ state: 'up' }),
  start: async () => {},
  close: async () => {},
  ...over,
})

/** References that `fakeBackend` agrees with. */
export const referencesOf = (count: number): References => {
  const texts = Array.from({ length: count }, (_, index) => `golden ${index}`)
  return { texts, vectors: answerFor(texts).vectors, dims: 4 }
}

/** Lets pending promise reactions run. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** An `EmbedFn` whose calls are answered by hand. */
export interface Manual {
  readonly embed: EmbedFn
  readonly calls: ManualCall[]
}

/** One call of a `Manual`. */
export interface ManualCall {
  readonly batch: EmbedBatch
  readonly call: Parameters<EmbedFn>[1]
  answer(over?: Partial<Embeddings>): void
  fail(error: Error): void
}

/** An `EmbedFn` that notes its calls and waits to be told; it ends with its signal. */
export const manual = (): Manual => {
  const calls: ManualCall[] = []
  const embed: EmbedFn = (batch, call) =>
    new Promise((resolve, reject) => {
      call.signal.addEventListener('abort', () => reject(call.signal.reason as Error), { once: true })
      calls.push({
        batch,
        call,
        answer: (over = {}) => resolve({ ...answerFor(batch.texts), ...over }),
        fail: reject,
      })
    })
  return { embed, calls }
}
