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
  if (await isMade(path)) return []
  const above = dirname(path) === path ? [] : await makeFolder(dirname(path))
  try {
    await mkdir(path)
    return [...above, path]
  } catch (error) {
    // Another process may have been faster.
    if (await isMade(path)) return above
    throw error
  }
}

const isMade = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
