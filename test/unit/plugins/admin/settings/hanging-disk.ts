import type { FoundOverrides } from '../../../../../gateway/config/overrides/file.ts'
import type { Override } from '../../../../../gateway/config/overrides/override.ts'

/** How a piece of work on a disk goes. */
export type DiskState = 'works' | 'fails' | 'hangs'

/** A file of overrides on a disk that hangs, fails or works, as the test says. */
export const hangingDisk = (kept: readonly Override[] = []) => {
  const waiting: (() => void)[] = []
  const begin = async <T>(work: () => T): Promise<T> => {
    disk.begun += 1
    const state = disk.plan.shift() ?? disk.state
    if (state === 'hangs') await new Promise<void>((end) => waiting.push(end))
    if ((state === 'hangs' ? disk.state : state) !== 'works') throw new Error('EIO: i/o error')
    return work()
  }
  const disk = {
    kept,
    /** How what is begun from now on goes, where `plan` does not say otherwise. */
    state: 'works' as DiskState,
    /** How the next pieces of work go. */
    plan: [] as DiskState[],
    /** Pieces of work that were ever begun. */
    begun: 0,
    /** How many hang now. */
    hanging: () => waiting.length,
    /** Lets all that hangs end, well or with an error. */
    answer: (state: 'works' | 'fails') => {
      disk.state = state
      for (const end of waiting.splice(0)) end()
    },
    write: (overrides: readonly Override[]) => begin(() => void (disk.kept = overrides)),
    read: (): Promise<FoundOverrides> => begin(() => ({ overrides: disk.kept, warnings: [] })),
  }
  return disk
}
