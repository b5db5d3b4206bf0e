import type { Clock } from '../../gateway/core/clock.ts'

/** How a file is written, as `node:fs` does it. */
export interface FileIo {
  write(bytes: Buffer, done: (error: NodeJS.ErrnoException | null, writtenBytes: number) => void): void
  /** @returns how much of it was written */
  writeSync(bytes: Buffer): number
}

/** What becomes of a writer's lines. */
export interface LineWriterOptions {
  readonly io: FileIo
  readonly clock: Pick<Clock, 'after'>
  /** Told when lines cannot be written, each time it is tried again. */
  readonly onFault: (error: NodeJS.ErrnoException) => void
  /** The line that tells of so many that are missing, with its end. */
  readonly droppedLine: (lines: number) => string
}

/** Writes lines to a file that may be slow, full or gone, and makes nobody wait for it. */
export interface LineWriter {
  /** @param line with its end */
  write(line: string): void
  /** Writes what waits, as far as the file takes it at once: for a process that is about to end. */
  end(): void
}

/** What waits for a slow or full file, in characters; beyond it new lines are dropped rather than memory grown. */
export const maxWaitingChars = 8_388_608
/** Lines are written together, once there are so many characters or after so long: a write for each costs more than the line. */
const writtenAtOnceChars = 16_384
const writtenEveryMs = 100
/** When a file that took nothing is tried again: one that is busy, and one that is full. */
const busyMs = 100
const faultMs = 1_000

/**
 * A writer of lines. What a full disk does not take is kept and tried again every second; when it is taken, a line tells how many
 * were dropped meanwhile. Nothing is kept for a reader that has gone (`EPIPE`).
 */
export const lineWriter = ({ io, clock, onFault, droppedLine }: LineWriterOptions): LineWriter => {
  let waiting = ''
  let droppedLines = 0
  /** What is being written, or is to be tried again. */
  let begun: Buffer | undefined
  let isInFlight = false
  let isTimed = false
  let isGone = false

  const next = (): void => {
    if (begun || isGone) return
    if (droppedLines > 0) waiting += droppedLine(droppedLines)
    droppedLines = 0
    if (waiting === '') return
    const bytes = Buffer.from(waiting)
    waiting = ''
    start(bytes)
  }
  const start = (bytes: Buffer): void => {
    begun = bytes
    isInFlight = true
    io.write(bytes, (error, writtenBytes) => {
      isInFlight = false
      if (error) fail(error, bytes)
      else if (writtenBytes < bytes.length) start(bytes.subarray(writtenBytes))
      else {
        begun = undefined
        if (waiting.length >= writtenAtOnceChars) next()
      }
    })
  }
  const fail = (error: NodeJS.ErrnoException, bytes: Buffer): void => {
    if (error.code === 'EPIPE') {
      isGone = true
      waiting = ''
      return
    }
    const isBusy = error.code === 'EAGAIN'
    if (!isBusy) onFault(error)
    clock.after(isBusy ? busyMs : faultMs, () => start(bytes))
  }

  return {
    write(line) {
      if (isGone) return
      if (waiting.length + line.length > maxWaitingChars) droppedLines++
      else waiting += line
      if (waiting.length >= writtenAtOnceChars) next()
      else if (!isTimed) {
        isTimed = true
        clock.after(writtenEveryMs, () => {
          isTimed = false
          next()
        })
      }
    },
    end() {
      if (isGone) return
      isGone = true
      // What is in flight gets there by itself.
      let bytes = Buffer.concat([...(begun && !isInFlight ? [begun] : []), Buffer.from(waiting)])
      try {
        while (bytes.length > 0) bytes = bytes.subarray(io.writeSync(bytes))
      } catch {
        // Whoever reads the log is slower than the process ends, or its disk is full.
      }
    },
  }
}
