import { connectionLimit, descriptorLimit } from '../../../plugins/pressure/descriptors.ts'
import type { Finding } from './finding.ts'

/** Whether as many connections can be open as requests may be in flight. */
export const descriptorsFinding = (requestsInFlight: number, descriptors = descriptorLimit()): Finding => {
  const connections = connectionLimit(descriptors)
  const ok = connections >= requestsInFlight
  return {
    about: 'descriptors',
    says: `${descriptors ?? 'no limit'}: at most ${connections} connections`,
    state: ok ? 'ok' : 'no',
    ...(!ok && { advice: `raise the limit (ulimit -n), for ${requestsInFlight} requests in flight` }),
  }
}
