import type { Session } from '../../../../../backends/onnx/worker/session.ts'
import type { Tokenizer } from '../../../../../backends/onnx/worker/tokenizer.ts'

/** A session without a device. */
export interface FakeSession extends Session {
  /** The rows of every run, as texts again. */
  readonly runs: string[][]
  /** Makes runs wait until they are released. */
  holdRuns(): { release(): void }
  readonly isClosed: () => boolean
}

/** What a fake tokenizer makes of a text: one id per character, at most 8. */
export const fakeTokenizer: Tokenizer = {
  padId: 0,
  encode: (text) => {
    if (text === 'untokenizable') throw new RangeError(`cannot read ${text}`)
    return { ids: Int32Array.from(text.slice(0, 8), (letter) => letter.charCodeAt(0)), truncated: text.length > 8 }
  },
}

const textOf = (ids: Int32Array): string => String.fromCharCode(...ids)

/**
 * Gives each row its length and the code of its first letter. `fails` says whether a run throws.
 *
 * @param fails given the texts of the run
 */
export const fakeSession = (fails: (texts: readonly string[]) => boolean = () => false): FakeSession => {
  const runs: string[][] = []
  let gate = Promise.resolve()
  let isClosed = false
  return {
    provider: 'cpu',
    dims: 2,
    runs,
    isClosed: () => isClosed,
    holdRuns() {
      let release = (): void => {}
      gate = new Promise((resolve) => (release = resolve))
      return { release: () => release() }
    },
    async run(rows) {
      const texts = rows.map(textOf)
      runs.push(texts)
      await gate
      if (fails(texts)) throw new Error('the runtime threw')
      return Float32Array.from(rows.flatMap((ids) => [ids.length, ids[0] ?? 0]))
    },
    close: async () => {
      isClosed = true
    },
  }
}
