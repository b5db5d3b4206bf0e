import { styleText } from 'node:util'
import type { Io, Output } from './io.ts'

/** Formats a text for an output. */
export type Style = (format: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string

/** Colours where a person looks and has not said no (`NO_COLOR`), plain text elsewhere. */
export const styleFor = (io: Pick<Io, 'env'>, output: Output): Style => {
  const isPlain = output.isTTY !== true || Boolean(io.env['NO_COLOR']) || io.env['TERM'] === 'dumb'
  return isPlain ? (_format, text) => text : (format, text) => styleText(format, text, { validateStream: false })
}
