import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder with all above it, unless it is there. Node's own `recursive` never ends where a folder is there in which none
 * can be made, as /proc.
 *
 * @returns the folders that were made, the topmost first
 * @throws Error of the file system
 */
export const makeFolder = async (path: string): Promise<readonly string[]> => {
  const made: string[] = []
  if (await isMade(path)) return made
  if (dirname(path) !== path) made.push(...(await makeFolder(dirname(path))))
  try {
    await mkdir(path)
    made.push(path)
  } catch (error) {
    // Another process may have been faster.
    if (!(await isMade(path))) throw error
  }
  return made
}

const isMade = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
