import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isMap } from '../with-defaults.ts'
import { systemDisk, type Disk } from './disk.ts'
import type { Override } from './override.ts'

/** What was found of earlier changes. */
export interface FoundOverrides {
  readonly overrides: readonly Override[]
  /** Lines for people about files that cannot be used. */
  readonly warnings: readonly string[]
}

/** How long anybody waits for them: a disk that works takes milliseconds, and a start is never refused because of it. */
export const readLimitMs = 2_000

/** Where the overrides of a gateway are. */
export const overridesPath = (dataDir: string): string => join(dataDir, 'overrides.json')

/** The same, kept beside it for when the file is damaged. */
const lastGood = (path: string): string => `${path}.last-good`

/**
 * Reads the overrides that were written last. A damaged file is passed over for the copy beside it, with a warning: a start is
 * never refused because of it. Without a file there are none, whatever lies beside it: removing it returns all to the configuration.
 */
export const readOverrides = async (path: string): Promise<FoundOverrides> => {
  const warnings: string[] = []
  for (const file of [path, lastGood(path)]) {
    try {
      return { overrides: parse(await readFile(file, 'utf8')), warnings }
    } catch (error) {
      if (file === path && (error as NodeJS.ErrnoException).code === 'ENOENT') break
      warnings.push(`${file} is not used: ${(error as Error).message}`)
    }
  }
  return { overrides: [], warnings }
}

/**
 * Writes overrides: whatever happens meanwhile, what is read afterwards are these or those of before.
 *
 * @throws Error of the file system; then those of before are still there
 */
export const writeOverrides = async (
  path: string,
  overrides: readonly Override[],
  disk: Disk = systemDisk,
): Promise<void> => {
  const text = `${JSON.stringify({ checksum: checksumOf(overrides), overrides }, null, 2)}\n`
  const suffix = `.${randomBytes(6).toString('hex')}`
  const targets = [lastGood(path), path]
  try {
    await disk.makeFolder(dirname(path))
    // All that needs room on the disk comes before anything that is seen. The file comes last: until then it is as before.
    for (const target of targets) await disk.write(target + suffix, text)
    for (const target of targets) await disk.rename(target + suffix, target)
  } catch (error) {
    for (const target of targets) await disk.remove(target + suffix).catch(() => {})
    throw error
  }
  // Not every file system can do this, and the change is made.
  await disk.flushFolder(dirname(path)).catch(() => {})
}

const parse = (text: string): readonly Override[] => {
  const file: unknown = JSON.parse(text)
  const overrides = isMap(file) ? file['overrides'] : undefined
  if (!isMap(file) || !Array.isArray(overrides) || file['checksum'] !== checksumOf(overrides))
    throw new Error('it is not as it was written')
  return overrides as Override[]
}

const checksumOf = (overrides: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(overrides)).digest('hex')
