import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const original = join(import.meta.dirname, '../../../models/all-MiniLM-L6-v2')

/** The embedded model in a folder of its own: links to its files, which a test may replace. */
export const linkedModel = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-model-'))
  for (const file of readdirSync(original)) symlinkSync(join(original, file), join(folder, file))
  return folder
}

/** Replaces the link to a file by changed content. */
export const replaceFile = (folder: string, file: string, change: (content: Buffer) => Buffer): void => {
  const content = change(readFileSync(join(original, file)))
  rmSync(join(folder, file), { force: true })
  writeFileSync(join(folder, file), content)
}

/** Makes the manifest of a damaged model say that its graph is as it should be. */
export const trustGraph = (folder: string): void =>
  replaceFile(folder, 'manifest.json', (content) => {
    const manifest = JSON.parse(content.toString()) as { files: Record<string, { bytes: number; sha256: string }> }
    const graph = readFileSync(join(folder, 'model.onnx'))
    manifest.files['model.onnx'] = { bytes: graph.length, sha256: createHash('sha256').update(graph).digest('hex') }
    return Buffer.from(JSON.stringify(manifest))
  })

const dims = 384
const halfBytes = 2

/** Flips the sign of all numbers in the word embedding of `word`: the other words keep their vectors. */
export const flipWord = (graph: Buffer, word: string): Buffer => {
  const { model } = JSON.parse(readFileSync(join(original, 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number> }
  }
  const start = tableStart(graph) + (model.vocab[word] ?? Number.NaN) * dims * halfBytes
  for (let column = 0; column < dims; column++) {
    const high = start + column * halfBytes + 1
    graph.writeUInt8(graph.readUInt8(high) ^ 0x80, high)
  }
  return graph
}

/** Where the numbers of the word embeddings begin: behind the tensor's name come the tag of `raw_data` and its length. */
const tableStart = (graph: Buffer): number => {
  const name = 'words.table.half'
  let at = graph.lastIndexOf(name) + name.length
  if (graph[at++] !== 0x4a) throw new Error('no raw_data behind the name of the tensor')
  while ((graph[at++] ?? 0) >= 0x80);
  return at
}
