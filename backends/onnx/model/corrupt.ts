import { GatewayError } from '../../../gateway/core/errors.ts'

/** The `EG_MODEL_CORRUPT` error of a model file: where, what is wrong, and what to do about it. */
export const modelCorrupt = (path: string, reason: string, remedy: string, cause?: unknown): GatewayError =>
  new GatewayError('EG_MODEL_CORRUPT', `${path}: ${reason}; ${remedy}`, { cause })

/** What helps against most damaged files. */
export const fetchAgain = 'remove the model folder and install or pull the model again'
