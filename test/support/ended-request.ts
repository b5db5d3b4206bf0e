import type { EndedRequest } from '../../gateway/http/requests.ts'

/** A request that was answered well. */
export const endedRequest = (changes: Partial<EndedRequest> = {}): EndedRequest => ({
  id: 'req_1',
  method: 'POST',
  route: '/v1/embeddings',
  status: 200,
  durationMs: 1.23456,
  outcome: changes.summary ? changes.summary.outcome : 'success',
  tenant: 'a',
  summary: null,
  trace: null,
  traceparent: undefined,
  ...changes,
})
