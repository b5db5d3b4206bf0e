import { GatewayError } from '../core/errors.ts'
import type { LoadedConfig } from './load.ts'

/**
 * A refusal of the configuration that came after it was read, such as of a key that only its backend's kind knows: each of its
 * faults begins with its place in the file. Other errors stay as they are.
 */
export const withPlaces = (error: unknown, { placeOf }: Pick<LoadedConfig, 'placeOf'>): unknown => {
  if (!placeOf || !(error instanceof GatewayError) || !error.code.startsWith('EG_CONFIG_')) return error
  const faults = error.cause instanceof AggregateError ? (error.cause.errors as GatewayError[]) : [error]
  const lines = faults.map(({ param = '', message }) => [placeOf(param), message].filter(Boolean).join(' '))
  return new GatewayError(error.code, lines.join('\n'), { cause: error })
}
