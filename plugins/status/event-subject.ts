import type { ReplicaStatus } from '../../gateway/core/served-model.ts'
import type { EventReport } from './status-report.ts'

/** The backend, and the number of the replica where the backend has several. */
export const eventSubject = (
  replicas: readonly Pick<ReplicaStatus, 'backend' | 'replica'>[],
  backend: string,
  replica: number,
): Pick<EventReport, 'subject' | 'replica'> => {
  const isOneOfSeveral = replicas.some((other) => other.backend === backend && other.replica !== replica)
  return { subject: backend, ...(isOneOfSeveral && { replica }) }
}
