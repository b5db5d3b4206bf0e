import { BackendError } from '../../../gateway/core/errors.ts'

/** Why a call got no place; a metric label. */
export type PlaceReason = 'line_full' | 'predicted_wait' | 'stalled' | 'waited'

/** A call that got no place at an engine: `no_place`, with the time after which there should be one. */
export class NoPlace extends BackendError {
  readonly reason: PlaceReason

  constructor(reason: PlaceReason, retryAfterMs: number) {
    super('no_place', messages[reason], { retryAfterMs })
    this.reason = reason
  }
}

const messages: Readonly<Record<PlaceReason, string>> = {
  line_full: 'too many calls wait for a place',
  predicted_wait: 'a place would come too late',
  stalled: 'nothing comes back from it',
  waited: 'no place came in time',
}
