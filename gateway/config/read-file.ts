import { readFileSync, statSync } from 'node:fs'
import { configInvalid } from './fault.ts'

/** Many times the largest sensible configuration; a larger file is a mistake. */
const maxFileBytes = 1_048_576

/**
 * Reads a configuration file as UTF-8; a byte order mark is dropped.
 *
 * @throws GatewayError `EG_CONFIG_INVALID` saying why it cannot be read
 */
export const readConfigFile = (path: string): string => {
  try {
    const facts = statSync(path)
    if (facts.isDirectory()) throw configInvalid([`${path}: is a folder; name the file in it`])
    if (facts.size > maxFileBytes) throw configInvalid([`${path}: is larger than ${maxFileBytes} bytes`])
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (cause) {
    throw reasonFor(path, cause)
  }
}

const reasonFor = (path: string, cause: unknown): Error => {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'EG_CONFIG_INVALID') return cause as Error
  if (code === 'ENOENT' || code === 'ENOTDIR') return configInvalid([`${path}: there is no such file`], cause)
  if (code === 'EACCES' || code === 'EPERM') return configInvalid([`${path}: may not be read by this user`], cause)
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return configInvalid([`${path}: is not UTF-8 text`], cause)
  return configInvalid([`${path}: ${cause instanceof Error ? cause.message : String(cause)}`], cause)
}
