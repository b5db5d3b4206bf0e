/** @typedef {import('../status-report.ts').StatusReport} StatusReport */

import { ask } from './request.js'

const everyMs = 1_000
/** An answer takes milliseconds; one that takes longer than this is none. */
const limitMs = 3_000

/**
 * Asks for the state once a second while the page can be seen, one question at a time.
 *
 * @param {object} told
 * @param {(report: StatusReport) => void} told.onReport
 * @param {() => void} told.onSilence after each question that was not answered
 * @param {() => void} told.onRefusal the token is needed, or is not right
 * @returns {() => void} asks now
 */
export const poll = ({ onReport, onSilence, onRefusal }) => {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  /** @type {AbortController | undefined} */
  let asking

  const askOnce = async () => {
    clearTimeout(timer)
    if (asking || document.hidden) return
    const own = new AbortController()
    const limit = setTimeout(() => own.abort(), limitMs)
    const beganMs = performance.now()
    asking = own
    try {
      const { status, body } = await ask('GET', '/admin/status', undefined, own.signal)
      if (status === 200) onReport(/** @type {StatusReport} */ (body))
      else if (status === 401 || status === 403) onRefusal()
      else onSilence()
    } catch {
      if (!document.hidden) onSilence()
    } finally {
      clearTimeout(limit)
      asking = undefined
      if (!document.hidden) timer = setTimeout(askOnce, Math.max(0, beganMs + everyMs - performance.now()))
    }
  }
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) asking?.abort()
    else void askOnce()
  })
  void askOnce()
  return () => void askOnce()
}
