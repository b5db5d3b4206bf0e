import { writeFile } from 'node:fs/promises'
import { systemDisk, type Disk } from '../../../../gateway/config/overrides/disk.ts'

/**
 * The file system of this machine until `steps` operations are done; the next one fails halfway, and so does everything after
 * it, as when the power is gone.
 */
export const failingDisk = (steps: number): Disk => {
  let left = steps
  const step = async (run: () => Promise<void>, halfway?: () => Promise<void>): Promise<void> => {
    left -= 1
    if (left >= 0) return run()
    if (left === -1) await halfway?.()
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  }
  return {
    makeFolder: (path) => step(() => systemDisk.makeFolder(path)),
    write: (path, text) =>
      step(
        () => systemDisk.write(path, text),
        () => writeFile(path, text.slice(0, text.length / 2)),
      ),
    rename: (from, to) => step(() => systemDisk.rename(from, to)),
    flushFolder: (path) => step(() => systemDisk.flushFolder(path)),
    remove: (path) => step(() => systemDisk.remove(path)),
  }
}
