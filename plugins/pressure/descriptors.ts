import { readFileSync } from 'node:fs'

/** How many files and connections this process may have open; undefined where the system has no such limit. */
export const descriptorLimit = (read: () => string = readLimits, reported = reportedLimit): number | undefined => {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(read())?.[1]
    if (soft !== undefined) return soft === 'unlimited' ? undefined : Number(soft)
  } catch {
    // Only Linux has the file.
  }
  return reported()
}

const readLimits = (): string => readFileSync('/proc/self/limits', 'utf8')

/** Slower, but there on other systems too. */
const reportedLimit = (): number | undefined => {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
  const soft = Number(userLimits?.open_files?.soft)
  return soft > 0 ? soft : undefined
}

/** Connections beyond this are no use: four for each request that may be in flight by default. */
const mostConnections = 16_384
/** Kept for workers (5 each), connections to engines, files and the log. */
const reserve = { least: 256, ratio: 1 / 4 } as const

/** How many connections a listener may have: below the descriptors there are, so that accepting one never fails. */
export const connectionLimit = (descriptors: number | undefined): number => {
  if (descriptors === undefined) return mostConnections
  const left = descriptors - Math.max(reserve.least, descriptors * reserve.ratio)
  return Math.floor(Math.min(mostConnections, Math.max(left, descriptors / 2)))
}
