import { readFileSync } from 'node:fs'

/** Kills the processes that a process has started, as the kernel does for want of memory. */
export const killChildren = (pid: number | undefined): void => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  for (const child of children.split(' ')) if (child !== '') process.kill(Number(child), 'SIGKILL')
}
