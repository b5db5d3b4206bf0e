/** @typedef {import('../status-report.ts').StatusReport} StatusReport */
/** @typedef {import('../status-report.ts').TierReport} TierReport */
/** @typedef {import('./dialog.js').Action} Action */

import { element, setText } from './dom.js'
import { ofCondition } from './marks.js'

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/**
 * What an operator can do. Rows follow from the configuration: they are built anew with another one, and keep the focus.
 *
 * @param {HTMLElement} into
 * @param {(action: Action) => void} act
 */
export const actions = (into, act) => {
  const list = element('ul', { class: 'acts' })
  const log = logRow(act)
  let shape = ''
  /** @type {Map<string, ReturnType<typeof backendRow>>} */
  let rows = new Map()
  into.append(list)
  return (/** @type {StatusReport} */ { models, gateway }) => {
    const tiers = new Map(models.flatMap(({ chain }) => chain.filter(isComputing).map((tier) => [tier.name, tier])))
    const next = JSON.stringify([...tiers.keys()])
    if (next !== shape) {
      shape = next
      rows = new Map(Array.from(tiers.keys(), (name) => [name, backendRow(name, act)]))
      list.replaceChildren(...Array.from(rows.values(), ({ node }) => node), cacheRow(act), log.node)
    }
    for (const [name, tier] of tiers) rows.get(name)?.show(tier)
    log.show(gateway.logLevel)
  }
}

/** @param {TierReport} tier */
const isComputing = ({ computing }) => computing

/**
 * @param {string} name of a backend
 * @param {(action: Action) => void} act
 */
const backendRow = (name, act) => {
  const word = element('span', { class: 'quiet' })
  const at = encodeURIComponent(name)
  /** @param {'auto' | 'forced-open' | 'forced-closed'} mode @param {string} text @param {string} done */
  const breaker = (mode, text, done) => ({
    title: breakerTitles[mode](name),
    text,
    done,
    method: 'PUT',
    path: `/admin/circuit-breaker/${at}`,
    forcePath: `/admin/circuit-breaker/${at}?force=true`,
    body: { mode },
  })
  const node = element(
    'li',
    {},
    element('h3', {}, name, ' ', word),
    group(
      button('Drain', name, act, () => ({
        title: `Drain ${name}`,
        text: `${name} gets no new requests; those it has finish. What stands behind it in the chain answers.`,
        done: `${name} gets no new requests.`,
        method: 'POST',
        path: `/admin/backends/${at}/drain`,
        forcePath: `/admin/backends/${at}/drain?force=true`,
      })),
      button('Undrain', name, act, () => ({
        title: `Undrain ${name}`,
        text: `${name} gets requests again.`,
        done: `${name} gets requests again.`,
        method: 'POST',
        path: `/admin/backends/${at}/undrain`,
      })),
    ),
    group(
      element('span', { class: 'quiet' }, 'Breaker'),
      button('Force open', name, act, () =>
        breaker(
          'forced-open',
          `Nothing is sent to ${name} until you change it again.`,
          `The breaker of ${name} is open.`,
        ),
      ),
      button('Force closed', name, act, () =>
        breaker(
          'forced-closed',
          `Requests go to ${name} however many fail, until you change it again.`,
          `The breaker of ${name} stays closed.`,
        ),
      ),
      button('Automatic', name, act, () =>
        breaker(
          'auto',
          `The rules decide again whether ${name} is called.`,
          `The breaker of ${name} goes by its rules.`,
        ),
      ),
      button('Reset', name, act, () => ({
        title: `Reset the breaker of ${name}`,
        text: `It closes and forgets the failures it has counted. One that is forced stays so.`,
        done: `The breaker of ${name} was reset.`,
        method: 'POST',
        path: '/admin/circuit-breaker/reset',
        body: { backend: name },
      })),
    ),
  )
  return {
    node,
    /** @param {TierReport} tier */
    show: ({ condition, drainedSinceMs }) => {
      const drained = drainedSinceMs === undefined || condition === 'drained' ? '' : ', drained'
      setText(word, ofCondition(condition)[1].toLowerCase() + drained)
    },
  }
}

const breakerTitles = {
  auto: (/** @type {string} */ name) => `Let the rules decide for ${name}`,
  'forced-open': (/** @type {string} */ name) => `Force the breaker of ${name} open`,
  'forced-closed': (/** @type {string} */ name) => `Force the breaker of ${name} closed`,
}

/** @param {(action: Action) => void} act */
const cacheRow = (act) =>
  element(
    'li',
    {},
    element('h3', {}, 'Result cache'),
    group(
      button('Clear', 'the cache', act, () => ({
        title: 'Clear the cache',
        text: 'All stored results are dropped, of all models and tenants. What is asked again is computed again.',
        done: 'The cache is empty.',
        method: 'DELETE',
        path: '/admin/cache',
      })),
    ),
  )

/**
 * The level is that of the gateway, unless the operator is about to choose another one.
 *
 * @param {(action: Action) => void} act
 */
const logRow = (act) => {
  const select = element('select', { 'aria-label': 'Log level' })
  for (const each of logLevels) select.append(element('option', { value: each }, each))
  let isChosen = false
  select.addEventListener('change', () => {
    isChosen = true
  })
  const set = button('Set', 'the log level', act, () => {
    isChosen = false
    return {
      title: `Log from ${select.value} on`,
      text: 'It holds until it is set again or its override is deleted, also after a restart.',
      done: `Lines from ${select.value} on are logged.`,
      method: 'POST',
      path: '/admin/config/log',
      body: { logLevel: select.value },
    }
  })
  const node = element('li', {}, element('h3', {}, 'Log level'), group(select, set))
  return {
    node,
    /** @param {string} level */
    show: (level) => {
      if (!node.contains(document.activeElement)) isChosen = false
      if (!isChosen && document.activeElement !== select) select.value = level
    },
  }
}

/** @param {Node[]} children */
const group = (...children) => element('div', { class: 'group' }, ...children)

/**
 * @param {string} label
 * @param {string} whom for those who hear one button at a time
 * @param {(action: Action) => void} act
 * @param {() => Action} actionOf
 */
const button = (label, whom, act, actionOf) => {
  const made = element('button', { type: 'button', 'aria-label': `${label}: ${whom}` }, label)
  made.addEventListener('click', () => act(actionOf()))
  return made
}
