import type { Health } from '../../gateway/core/backend.ts'

/**
 * What the status of a cheap route says of an engine. Many engines lack such a route, or keep it from keys that may embed:
 * any answer below 500 shows a process that works. Only a 401 is believed to be about the key. What is wrong besides shows
 * in failed tries.
 */
export const healthOf = (route: string, status: number): Health => {
  if (status === 401) return { state: 'down', detail: 'the engine refuses the key of its entry (401)' }
  if (status >= 500 && status !== 501) return { state: 'down', detail: `the engine answers ${route} with ${status}` }
  return status === 200 ? { state: 'up' } : { state: 'up', detail: `the engine answers ${route} with ${status}` }
}
