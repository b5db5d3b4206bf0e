/** @typedef {import('../status-report.ts').StatusReport} StatusReport */

import { ask } from './request.js'

const everyMs = 1_000
/** An answer takes milliseconds; one that takes longer than this is none. */
const limitMs = 3_000
/** Why a question was given up without any news. */
const hidden = 'hidden'

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
      const answer = await ask('GET', '/admin/status', undefined, own.signal).catch(() => undefined)
      if (answer?.status === 200) onReport(/** @type {StatusReport} */ (answer.body))
      else if (answer?.status === 401 || answer?.status === 403) onRefusal()
      else if (own.signal.reason !== hidden) onSilence()
    } finally {
      clearTimeout(limit)
      asking = undefined
      timer = setTimeout(askOnce, Math.max(0, beganMs + everyMs - performance.now()))
    }
  }
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) asking?.abort(hidden)
    else void askOnce()
  })
  void askOnce()
  return () => void askOnce()
}
