import { open, rename, rm } from 'node:fs/promises'
import { makeFolder } from '../make-folder.ts'

/** What keeping a file safe needs of a file system; tests let it fail at any step. */
export interface Disk {
  /** Makes a folder with all above it, unless it is there. */
  makeFolder(path: string): Promise<void>
  /** Writes a new file for this user alone; when it resolves, a loss of power does no harm to it. */
  write(path: string, text: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Makes renames in a folder last. */
  flushFolder(path: string): Promise<void>
  /** Removes a file, if it is there. */
  remove(path: string): Promise<void>
}

/** The file system of this machine. */
export const systemDisk: Disk = {
  makeFolder: async (path) => void (await makeFolder(path)),
  write: async (path, text) => {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
  },
  rename,
  flushFolder: async (path) => {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
  remove: (path) => rm(path, { force: true }),
}
