/** @typedef {import('../status-report.ts').StatusReport} StatusReport */
/** @typedef {import('../status-report.ts').EventReport} EventReport */

import { byId, element } from './dom.js'
import { number, timeOfDay } from './format.js'
import { mark } from './marks.js'

const fewest = 8

/** What happened lately, newest first. Drawn anew only when something has. */
export const happenings = () => {
  const into = byId('events')
  const more = element('button', { type: 'button', class: 'more' })
  const list = element('ol', { class: 'rows scroll' })
  let isWhole = false
  let shown = ''
  /** @type {readonly EventReport[]} */
  let events = []

  const draw = () => {
    if (events.length === 0) return into.replaceChildren(element('p', { class: 'empty' }, 'Nothing since the start.'))
    list.replaceChildren(...(isWhole ? events : events.slice(0, fewest)).map(row))
    more.textContent = isWhole ? 'Show the latest only' : `Show all ${events.length}`
    more.hidden = events.length <= fewest
    if (list.parentNode !== into) into.replaceChildren(list, more)
  }
  more.addEventListener('click', () => {
    isWhole = !isWhole
    draw()
  })
  return (/** @type {StatusReport} */ report) => {
    const next = JSON.stringify(report.events)
    if (next === shown) return
    shown = next
    events = report.events
    draw()
  }
}

/** @param {EventReport} event */
const row = (event) => {
  const shape = mark()
  const tone = toneOf(event)
  shape.set(tone)
  const subject = event.replica === undefined ? event.subject : `${event.subject}/${event.replica}`
  const text = element('div', {}, element('strong', {}, subject), ` ${words(event)} `)
  if (event.reason !== undefined) text.append(element('span', { class: 'quiet' }, event.reason))
  const time = element('time', { datetime: new Date(event.lastAtMs).toISOString() }, timeOfDay(event.lastAtMs))
  return element('li', { 'data-tone': tone }, time, shape.node, text)
}

/** @param {EventReport} event */
const toneOf = ({ kind, to }) => {
  if (kind === 'degraded' || kind === 'worker' || to === 'half-open' || to === 'drained') return 'warn'
  if (to === 'serving' || to === 'in use' || (kind === 'breaker' && to === 'closed')) return 'good'
  return to === 'open' || to === 'down' || to === 'drifted' ? 'bad' : 'idle'
}

/** @param {EventReport} event */
const words = ({ kind, from, to, count, firstAtMs }) => {
  if (kind === 'breaker') return `breaker ${from} → ${to}`
  if (kind === 'worker') return `${from}, ${to}`
  if (kind === 'replica' || kind === 'drain') return `${from} → ${to}`
  const often = count === 1 ? 'one answer' : `${number(count)} answers since ${timeOfDay(firstAtMs)}`
  return `degraded, ${from} → ${to}: ${often}`
}
