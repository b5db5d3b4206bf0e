import type { Readable } from 'node:stream'
import type { Clock } from '../../../gateway/core/clock.ts'

const maxLineChars = 500
const maxLines = 50
const windowMs = 10_000

/**
 * Passes on what a worker prints, line by line. A line is cut to 500 characters; more than 50 lines in 10 s are dropped,
 * so a worker that floods its output costs neither memory nor log.
 */
export const forwardLines = (stream: Readable, clock: Clock, forward: (line: string) => void): void => {
  let rest = ''
  let lines = 0
  let windowStartMs = clock.now()
  const emit = (line: string): void => {
    if (line.trim() === '') return
    if (clock.now() - windowStartMs >= windowMs) {
      windowStartMs = clock.now()
      lines = 0
    }
    lines += 1
    if (lines < maxLines) forward(line.slice(0, maxLineChars))
    if (lines === maxLines) forward('(more output is dropped)')
  }
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = (parts.pop() ?? '').slice(0, maxLineChars)
    for (const part of parts) emit(part)
  })
  stream.on('end', () => emit(rest))
  stream.on('error', () => {})
}
