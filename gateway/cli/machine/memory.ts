import { memoryInUseBytes, memoryLimitOf, type MemorySetting } from '../../../plugins/pressure/memory.ts'
import type { Finding } from './finding.ts'

/**
 * What a gateway takes without what its cache holds, and what one worker with the embedded model does: resident sets after 15
 * minutes of load (`npm run bench -- memory`). Code that they share is counted for each.
 */
const gatewayBytes = 160e6
const workerBytes = 290e6

/** Whether the memory that there is will do for this many workers and the cache. */
export const memoryFinding = (workers: number, cacheBytes: number, setting: MemorySetting): Finding => {
  const limit = memoryLimitOf(setting)
  const needBytes = gatewayBytes + workers * workerBytes + cacheBytes
  const ok = needBytes < 0.9 * limit.bytes
  return {
    about: 'memory',
    says: `${gib(limit.bytes)} by the ${limit.source}, ${gib(memoryInUseBytes(limit))} in use; ${workers} workers and the cache may take ${gib(needBytes)}`,
    state: ok ? 'ok' : 'no',
    ...(!ok && { advice: 'give it more memory, or lower cache.memoryBytes or workers' }),
  }
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`
