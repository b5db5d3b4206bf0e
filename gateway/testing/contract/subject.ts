import type { Backend } from '../../core/backend.ts'
import type { AbortableCall } from '../../core/call.ts'
import type { EmbedBatch, Embeddings } from '../../core/embeddings.ts'
import { batchOf, callOf, type CallOverrides } from '../calls.ts'

/** The functions of a test runner that the suite needs; those of `node:test` and vitest (`after: afterAll`) fit. */
export interface TestRunner {
  readonly describe: (name: string, define: () => void) => unknown
  readonly it: (name: string, run: () => Promise<void>) => unknown
  readonly after: (run: () => Promise<void>) => unknown
}

/** The backend under test. */
export interface ContractSubject {
  /** Makes one that has not been started; called several times. */
  create(): Backend | Promise<Backend>
  /** At least four different texts that the backend can embed; a mixed list of languages and lengths by default. */
  readonly texts?: readonly string[]
  /** What the vectors must be, row-major, where that is known. */
  vectorsOf?(texts: readonly string[]): Float32Array | Promise<Float32Array>
  /**
   * How far two computations of one text may be apart, per number; 1e-6 by default, for float32 engines whose batches do
   * not influence a row. Engines that compute in half precision or quantize per batch need more.
   */
  readonly tolerance?: number
  /** How long each call may take, 30 s by default. */
  readonly timeoutMs?: number
}

/** The backend of a suite, started when it is first used. */
export interface Bench {
  readonly texts: readonly string[]
  readonly tolerance: number
  readonly subject: ContractSubject
  backend(): Promise<Backend>
  /** One call on the suite's backend. */
  embed(texts: readonly string[], overrides?: Partial<EmbedBatch>): Promise<Embeddings>
  open(overrides?: CallOverrides): AbortableCall
  close(): Promise<void>
}

/** Short, long, other scripts, emoji, joined marks and right-to-left: what clients send. */
const usualTexts = [
  'The quick brown fox jumps over the lazy dog.',
  'a',
  'Wie spät ist es in Zürich?',
  '東京は日本の首都です。',
  'مرحبا بالعالم',
  'emoji 👩‍👩‍👧‍👦 with joiners 🏳️‍🌈 and flags 🇨🇭',
  'e\u0301 is not é for every tokenizer',
  'line one\nline two\ttabbed',
  '"quoted" \\ back\\slash {"json": [1, 2]}',
  'lorem ipsum dolor sit amet '.repeat(20),
]

/** Sets a suite's bench up. */
export const benchOf = (subject: ContractSubject): Bench => {
  const { texts = usualTexts, tolerance = 1e-6, timeoutMs = 30_000 } = subject
  let started: Promise<Backend> | undefined
  const open = (overrides: CallOverrides = {}): AbortableCall => callOf(undefined, { timeoutMs, ...overrides })
  const backend = (): Promise<Backend> => (started ??= startOf(subject))
  return {
    texts,
    tolerance,
    subject,
    backend,
    open,
    embed: async (some, overrides) => {
      const call = open()
      try {
        return await (await backend()).embed(batchOf(some, overrides), call)
      } finally {
        call.release()
      }
    },
    close: async () => (await started)?.close(),
  }
}

/** A new backend, started. */
export const startOf = async (subject: ContractSubject): Promise<Backend> => {
  const backend = await subject.create()
  await backend.start()
  return backend
}
