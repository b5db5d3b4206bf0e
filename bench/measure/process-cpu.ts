import { readFileSync } from 'node:fs'

/** Linux reports process times in units of 1/100 s on every architecture (USER_HZ). */
const ticksPerSecond = 100

/** What a process and its children are using. */
export interface ProcessUse {
  /** User and system time since its start, of the process and all living descendants, in milliseconds. */
  readonly cpuMs: number
  /** Of the process alone. */
  readonly ownCpuMs: number
  /** Resident memory of each process, the given one first. */
  readonly rssBytes: readonly number[]
}

/**
 * Reads what a process tree uses from /proc: from outside, so that the measured program does nothing for it.
 *
 * @throws when the process is gone, or the system has no /proc
 */
export const processUse = (pid: number): ProcessUse => {
  const pids = [pid, ...descendants(pid)]
  const cpu = pids.map(cpuMsOf)
  return {
    cpuMs: cpu.reduce((sum, each) => sum + each, 0),
    ownCpuMs: cpu[0] ?? 0,
    rssBytes: pids.map(rssBytesOf),
  }
}

/** Every living process below `pid`. */
export const descendants = (pid: number): number[] => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  const pids = children === '' ? [] : children.split(' ').map(Number)
  return pids.concat(pids.flatMap(descendants))
}

const cpuMsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the command in brackets and may hold spaces; utime and stime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1000
}

const rssBytesOf = (pid: number): number => {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes ?? 0) * 1024
}
