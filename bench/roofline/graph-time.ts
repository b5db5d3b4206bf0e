import { loadModelFiles } from '../../backends/onnx/model/model-files.ts'
import { openOrtSession } from '../../backends/onnx/worker/ort-session.ts'
import { modelFolder } from '../load/check-words.ts'
import { median } from '../measure/statistics.ts'

/** Runs of one shape in one round. */
const runs = 10
/** Below it lie the vocabulary's special and unused entries; from here on there are words. */
const firstWord = 1_000
const wordCount = 20_000
const padId = 0

/** Milliseconds of one run over `rows` texts of `sequence` tokens: the median of a few. */
export type GraphTime = (rows: number, sequence: number) => Promise<number>

/** Loads the embedded model's graph exactly as a worker does; the time includes filling its inputs. */
export const graphTime = async (): Promise<GraphTime> => {
  const session = await openOrtSession(loadModelFiles(modelFolder()), padId, 'cpu')
  return async (rows, sequence) => {
    const texts = Array.from({ length: rows }, (_, row) =>
      Int32Array.from({ length: sequence }, (__, at) => firstWord + (((row * sequence + at) * 7919) % wordCount)),
    )
    await session.run(texts)
    const times: number[] = []
    for (let run = 0; run < runs; run++) {
      const startMs = performance.now()
      await session.run(texts)
      times.push(performance.now() - startMs)
    }
    return median(times)
  }
}
