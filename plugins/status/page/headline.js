/** @typedef {import('../status-report.ts').StatusReport} StatusReport */

import { byId, setAttribute, setText } from './dom.js'
import { timeOfDay } from './format.js'
import { mark, ofState } from './marks.js'

/** Whether it is serving, in one sentence, and whether the page still knows. */
export const headline = () => {
  const section = byId('headline')
  const sentence = byId('sentence')
  const silence = byId('silence')
  const announcement = byId('announcement')
  const shape = mark()
  shape.set('idle')
  byId('headline-mark').append(shape.node)
  /** What was announced last: times in the sentence change without any news. */
  let announced = ''
  /** @type {number | undefined} */
  let answeredAtMs

  /** @param {string} key @param {string} text */
  const announce = (key, text) => {
    if (key === announced) return
    announced = key
    setText(announcement, text)
  }
  /** @param {string | undefined} text */
  const sayWhyOld = (text) => {
    silence.hidden = text === undefined
    setText(silence, text ?? '')
    setAttribute(document.documentElement, 'data-stale', text === undefined ? undefined : '')
  }
  /** @param {string} what @param {string} why */
  const lose = (what, why) => {
    const text =
      answeredAtMs === undefined
        ? `${what} from the gateway${why}.`
        : `${what} since ${timeOfDay(answeredAtMs)}${why}. What stands below is from then.`
    sayWhyOld(text)
    setAttribute(section, 'data-tone', 'bad')
    shape.set('bad')
    document.title = `${what} · Embedgate`
    announce(what + why, text)
  }
  return {
    /** @param {StatusReport} report */
    show: (report) => {
      answeredAtMs = Date.now()
      const [tone, word] = ofState(report.state)
      sayWhyOld(undefined)
      byId('read-token').hidden = true
      setAttribute(section, 'data-tone', tone)
      shape.set(tone)
      setText(sentence, report.sentence)
      document.title = `${word} · Embedgate`
      announce(stateKey(report), report.sentence)
    },
    noAnswer: () => lose('No answer', ''),
    /** @param {string} why what came instead */
    noState: (why) => lose('No state', `: ${why}`),
    tokenNeeded: () => {
      const text = 'This listener shows its state only to holders of the admin token.'
      sayWhyOld(text)
      byId('read-token').hidden = false
      announce('token', text)
    },
  }
}

/** @param {StatusReport} report */
const stateKey = ({ state, models }) =>
  [state, ...models.flatMap((model) => [model.state, ...model.chain.map(({ condition }) => condition)])].join(' ')
