/** @typedef {import('../status-report.ts').StatusReport} StatusReport */

import { ask, messageOf, token } from './request.js'

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
 * @param {(why: string) => void} told.onOther after each answer that is no report, or none that can be shown
 * @param {() => void} told.onRefusal the token is needed, or is not right
 * @returns {() => void} asks now
 */
export const poll = ({ onReport, onSilence, onOther, onRefusal }) => {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  /** @type {AbortController | undefined} */
  let asking

  /** @param {import('./request.js').Answer} answer @param {string | undefined} as the token that was sent */
  const take = (answer, as) => {
    if (answer.status === 401) {
      // Another may have been given since.
      if (token.get() === as) token.forget()
      return onRefusal()
    }
    if (answer.status !== 200) return onOther(messageOf(answer))
    if (!isReport(answer.body)) return onOther('what answers is no gateway of the version of this page; reload it')
    try {
      onReport(answer.body)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      onOther(`the page cannot show the answer (${reason}); reload it`)
    }
  }
  const askOnce = async () => {
    clearTimeout(timer)
    if (asking || document.hidden) return
    const own = new AbortController()
    const limit = setTimeout(() => own.abort(), limitMs)
    const beganMs = performance.now()
    asking = own
    try {
      const as = token.get()
      const answer = await ask('GET', '/admin/status', { signal: own.signal, as }).catch(() => undefined)
      if (answer) take(answer, as)
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

/**
 * @param {unknown} body
 * @returns {body is StatusReport}
 */
const isReport = (body) => /** @type {Partial<StatusReport> | undefined | null} */ (body)?.version === 1
