import { join } from 'node:path'
import { syntheticVector } from '../../backends/synthetic/vector.ts'
import { writeReferences } from '../../gateway/chain/references-file.ts'

const texts = ['one text', 'another text']
const dims = 8

/** Writes references of synthetic backends with 8 dimensions, which a model must have for more than one tier: their path. */
export const syntheticReferences = async (folder: string): Promise<string> => {
  const path = join(folder, 'references.json')
  const vectors = new Float32Array(texts.length * dims)
  for (const [row, text] of texts.entries()) vectors.set(syntheticVector(text, dims), row * dims)
  await writeReferences(path, { texts, dims, vectors })
  return path
}
