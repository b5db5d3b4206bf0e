/** @typedef {import('../status-report.ts').Condition} Condition */
/** @typedef {import('../status-report.ts').StatusReport['state']} State */
/** @typedef {'good' | 'warn' | 'bad' | 'idle' | 'busy'} Tone */

/** Each tone has a shape too: colour alone tells nothing to many. */
const shapes = {
  good: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13z',
  warn: 'M8 1 15.5 14.5H.5z',
  bad: 'M2 2h12v12H2z',
  idle: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13zm0 2.5a4 4 0 1 1 0 8a4 4 0 1 1 0-8z',
  busy: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13zm0 2.5v8a4 4 0 1 1 0-8z',
}

/** @type {Readonly<Record<Condition, readonly [tone: Tone, word: string]>>} */
const conditions = {
  serving: ['good', 'Serving'],
  'half-open': ['warn', 'On trial'],
  failing: ['bad', 'Failing'],
  open: ['bad', 'Shut off'],
  drained: ['warn', 'Drained'],
  probing: ['busy', 'Being checked'],
  starting: ['busy', 'Starting'],
  drifted: ['bad', 'Drifted'],
  down: ['bad', 'Down'],
  absent: ['idle', 'Absent'],
  closed: ['idle', 'Closed'],
}

/** @type {Readonly<Record<State, readonly [tone: Tone, word: string]>>} */
const states = {
  serving: ['good', 'Serving'],
  degraded: ['warn', 'Degraded'],
  starting: ['busy', 'Starting'],
  draining: ['warn', 'Stopping'],
  down: ['bad', 'Down'],
}

/** @param {Condition} condition */
export const ofCondition = (condition) => conditions[condition] ?? ['idle', condition]

/** @param {State} state */
export const ofState = (state) => states[state] ?? ['idle', state]

/**
 * The shape of a tone; its colour is that of the nearest `data-tone`. What it says is said in words beside it.
 *
 * @returns {{ node: SVGSVGElement, set: (tone: Tone) => void }}
 */
export const mark = () => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  node.setAttribute('class', 'mark')
  node.setAttribute('viewBox', '0 0 16 16')
  node.setAttribute('aria-hidden', 'true')
  path.setAttribute('fill-rule', 'evenodd')
  node.append(path)
  return { node, set: (tone) => path.setAttribute('d', shapes[tone]) }
}
