import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { fetchAgain, modelCorrupt } from './corrupt.ts'
import type { ModelFile, ModelFiles } from './model-files.ts'

/**
 * Compares the checksum of every file with the manifest's, one file after the other, streamed. Files without a known
 * checksum are read all the same, so that unreadable ones are found. 45 MB take about 60 ms.
 *
 * @throws GatewayError `EG_MODEL_CORRUPT` for the first file that differs
 */
export const verifyModelFiles = async (model: Pick<ModelFiles, 'files'>): Promise<void> => {
  for (const file of model.files) await verifyFile(file)
}

const verifyFile = async ({ path, sha256 }: ModelFile): Promise<void> => {
  const found = await checksumOf(path)
  if (sha256 !== undefined && found !== sha256) {
    throw modelCorrupt(path, `has SHA-256 ${found}, the manifest says ${sha256}`, fetchAgain)
  }
}

const checksumOf = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1_048_576 }), hash)
  } catch (error) {
    throw modelCorrupt(path, 'cannot be read', fetchAgain, error)
  }
  return hash.digest('hex')
}
