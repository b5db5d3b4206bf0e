import { write, writeSync } from 'node:fs'
import { systemClock } from '../../gateway/core/clock.ts'
import { fileWork } from '../../gateway/core/file-work.ts'
import { lineWriter, type FileIo, type LineWriter } from './line-writer.ts'

const output = 1
const errors = 2
/** How often standard error repeats why the log cannot be written. */
const complainedEveryMs = 60_000

let made: LineWriter | undefined

/** The one writer of this process's standard output; what waits is written when the process ends. */
export const standardOutput = (): LineWriter => {
  if (made) return made
  const writer = lineWriter({
    io: { write: (bytes, done) => void fileWork(written(bytes, done)), writeSync: (bytes) => writeSync(output, bytes) },
    clock: systemClock,
    onFault: complainer(),
    droppedLine: (lines) =>
      `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), lines, msg: 'the log could not be written: lines were dropped' })}\n`,
  })
  process.once('exit', () => writer.end())
  made = writer
  return writer
}

/** Ends when nothing holds its thread any more. */
const written = (bytes: Buffer, done: Parameters<FileIo['write']>[1]): Promise<void> =>
  new Promise((resolve) =>
    write(output, bytes, (error, writtenBytes) => {
      resolve()
      done(error, writtenBytes)
    }),
  )

/** Says on standard error what is wrong with standard output. */
const complainer = (): ((error: NodeJS.ErrnoException) => void) => {
  let saidAtMs = -Infinity
  return ({ code, message }) => {
    if (systemClock.now() - saidAtMs < complainedEveryMs) return
    saidAtMs = systemClock.now()
    try {
      writeSync(errors, `embedgate: the log cannot be written (${code ?? message}); it is tried again every second\n`)
    } catch {
      // It goes where the log goes.
    }
  }
}
