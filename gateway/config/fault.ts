import { GatewayError } from '../core/errors.ts'

/** Keys and list positions from the top of the file, e.g. `['models', 'x', 'chain', 0]`. */
export type Path = readonly (string | number)[]

/** One thing that is wrong with a configuration. */
export interface Fault {
  readonly path: Path
  /** What was expected and what was found, in plain words. */
  readonly reason: string
  /** true: the path names a key that should not be there. */
  readonly atKey?: boolean
}

/** `embedgate.yaml:12:3 models.x.chian: unknown key` */
export const faultLine = (fault: Fault, place: string): string =>
  [place, fault.path.length > 0 ? `${fault.path.join('.')}:` : '', fault.reason].filter(Boolean).join(' ')

/** One error for all faults, a line each. */
export const configInvalid = (lines: readonly string[], cause?: unknown): GatewayError =>
  new GatewayError('EG_CONFIG_INVALID', lines.join('\n'), { cause })
