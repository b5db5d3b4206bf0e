import { randomBytes } from 'node:crypto'
import { rm, rmdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { makeFolder } from '../../config/make-folder.ts'
import { systemClock } from '../../core/clock.ts'
import { fileWorkInTime } from '../../core/file-work.ts'
import { late } from '../../core/in-time.ts'

/** How long anybody waits for the disk: one that works takes milliseconds. */
const limitMs = 2_000

/** A folder after it has been tried. */
export interface TriedFolder {
  /** Why nothing can be kept there; undefined when something can. */
  readonly fault?: string
  /** The folders that had to be made, the topmost first. */
  readonly made: readonly string[]
}

/** Makes a folder, unless it is there, and a file in it, which is removed again. Never rejects, and takes two seconds at most. */
export const tryFolder = async (path: string): Promise<TriedFolder> => {
  const tried = await fileWorkInTime(systemClock, limitMs, tryNow(resolve(path)))
  return tried === late ? { made: [], fault: 'its disk does not answer' } : tried
}

/** The same for a command that only looks: the folders that it had to make are removed again. */
export const lookAtFolder = async (path: string): Promise<string | undefined> => {
  const { fault, made } = await tryFolder(path)
  // One that is in use by now is not empty, and stays.
  for (const folder of made.toReversed()) await rmdir(folder).catch(() => {})
  return fault
}

const tryNow = async (path: string): Promise<TriedFolder> => {
  let made: readonly string[] = []
  const file = join(path, `.${randomBytes(6).toString('hex')}`)
  try {
    made = await makeFolder(path)
    await writeFile(file, '', { flag: 'wx' })
    return { made }
  } catch (error) {
    return { made, fault: reasonOf(error as NodeJS.ErrnoException) }
  } finally {
    await rm(file, { force: true }).catch(() => {})
  }
}

const reasonOf = ({ code = '', message }: NodeJS.ErrnoException): string => reasons[code] ?? message

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its disk is full',
  EEXIST: 'there is a file where a folder should be',
  ENOTDIR: 'there is a file where a folder should be',
  ENOENT: 'no folder can be made there',
}
