import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'

/** How much memory there is to use, and who says so. */
export interface MemoryLimit {
  readonly bytes: number
  readonly source: 'configuration' | 'cgroup' | 'machine'
}

/** Reads a small file of the system, or nothing where it is not there. */
export type ReadFile = (path: string) => string | undefined

const readSystemFile: ReadFile = (path) => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** Where the limit of this process's cgroup stands: version 2, then version 1. */
const limitFiles = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'] as const

/** What may be said of the limit: bytes for this process, or `auto`. */
export type MemorySetting = number | 'auto'

/** What was set, otherwise what `memoryLimit` finds. */
export const memoryLimitOf = (setting: MemorySetting): MemoryLimit =>
  setting === 'auto' ? memoryLimit() : { bytes: setting, source: 'configuration' }

/** The cgroup's limit where there is one below the machine's memory, otherwise the machine's memory. */
export const memoryLimit = (read: ReadFile = readSystemFile, machineBytes: number = totalmem()): MemoryLimit => {
  for (const file of limitFiles) {
    const bytes = Number(read(file))
    if (bytes > 0 && bytes < machineBytes) return { bytes, source: 'cgroup' }
  }
  return { bytes: machineBytes, source: 'machine' }
}

/**
 * Memory in use, to be compared with the limit: in a cgroup what all its processes hold, workers too, less file pages that
 * the kernel can drop; otherwise this process's resident set.
 */
export const memoryInUseBytes = (limit: MemoryLimit, read: ReadFile = readSystemFile): number => {
  if (limit.source === 'cgroup') {
    const current = Number(read('/sys/fs/cgroup/memory.current') ?? read('/sys/fs/cgroup/memory/memory.usage_in_bytes'))
    const droppable = Number(/^(?:total_)?inactive_file (\d+)$/m.exec(statistics(read))?.[1] ?? 0)
    if (current > 0) return Math.max(0, current - droppable)
  }
  return process.memoryUsage.rss()
}

const statistics = (read: ReadFile): string =>
  read('/sys/fs/cgroup/memory.stat') ?? read('/sys/fs/cgroup/memory/memory.stat') ?? ''
