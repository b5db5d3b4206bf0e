import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { fetchAgain, modelCorrupt } from './corrupt.ts'

/** A large enough read that system calls do not count; weights are never held in memory whole. */
const chunkBytes = 1_048_576
const revisionDigits = 16

/** Revisions already computed by this process, so that several backends over one model read it once. */
const known = new Map<string, string>()

/**
 * The revision of a model that does not name one: 16 hex digits of the SHA-256 of its graph, external weights included.
 * Computed once per process and state of the files (size and modification time).
 *
 * @throws GatewayError `EG_MODEL_CORRUPT` when a file cannot be read
 */
export const graphRevision = (paths: readonly string[]): string => {
  const state = JSON.stringify(paths.map((path) => [path, stateOf(path)]))
  const revision = known.get(state) ?? hashOf(paths)
  known.set(state, revision)
  return revision
}

const stateOf = (path: string): readonly number[] => {
  const { size, mtimeMs } = statSync(path)
  return [size, mtimeMs]
}

const hashOf = (paths: readonly string[]): string => {
  const hash = createHash('sha256')
  const chunk = new Uint8Array(chunkBytes)
  for (const path of paths) {
    try {
      const file = openSync(path, 'r')
      for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk))
        hash.update(chunk.subarray(0, read))
      closeSync(file)
    } catch (error) {
      throw modelCorrupt(path, 'cannot be read', fetchAgain, error)
    }
  }
  return hash.digest('hex').slice(0, revisionDigits)
}
