import type { Io, Output } from './io.ts'

/** `process` as commands have it: a reader that leaves is no error. */
export const processIo = (): Io => {
  const { stdin, stdout, stderr, env } = process
  return { stdin, stdout: closable(stdout), stderr: closable(stderr), env }
}

const closable = (stream: NodeJS.WriteStream): Output => {
  let isClosed = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    isClosed = true
  })
  return {
    write: (text) => isClosed || stream.write(text),
    isTTY: stream.isTTY,
    get isClosed() {
      return isClosed
    },
  }
}
