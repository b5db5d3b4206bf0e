import type { Call } from '../../../gateway/core/call.ts'
import { BackendError, GatewayError } from '../../../gateway/core/errors.ts'
import type { WorkerFault } from '../protocol.ts'

/** The error that a worker's refusal of a piece becomes for the layers above. */
export const faultError = ({ reason, message }: WorkerFault['error'], { endedBy }: Pick<Call, 'endedBy'>): Error => {
  const errors: Readonly<Record<typeof reason, () => Error>> = {
    too_long: () => new GatewayError('EG_INPUT_TOO_LONG', message),
    busy: () => new BackendError('busy', message),
    draining: () => new BackendError('unavailable', message),
    deadline: () => endedBy ?? new GatewayError('EG_DEADLINE', message),
    inference: () => new BackendError('error', message),
    rejected: () => new BackendError('rejected', message),
    bad_request: () => new BackendError('protocol', message),
    unauthorized: () => new BackendError('protocol', message),
  }
  return errors[reason]()
}
