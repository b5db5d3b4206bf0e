import { setTimeout as pause } from 'node:timers/promises'
import { isFileWorkRunning } from '../core/file-work.ts'

/** How long file work may still take when all else is done. */
const graceMs = 1_000
const lookMs = 20

/**
 * Gives file work a moment to end, and where it does not, as on a disk that has gone away, ends the process with SIGKILL: any other
 * way out waits for the thread that the disk holds.
 */
export const leaveHangingFiles = async (): Promise<void> => {
  const giveUpAtMs = performance.now() + graceMs
  while (isFileWorkRunning() && performance.now() < giveUpAtMs) await pause(lookMs)
  killIfFilesHang()
}

/** The same without the moment, for a process that must end now. */
export const killIfFilesHang = (): void => {
  if (!isFileWorkRunning()) return
  process.stderr.write('file work hangs, as on a disk that does not answer: the process ends by SIGKILL\n')
  process.kill(process.pid, 'SIGKILL')
}
