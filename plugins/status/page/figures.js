/** @typedef {import('../status-report.ts').StatusReport} StatusReport */

import { byId, element, pairsIn, setText } from './dom.js'
import { elapsed } from './elapsed.js'
import { bytes, duration, number, percent } from './format.js'

/** The numbers of the last minute. */
export const traffic = () => {
  const set = pairsIn(byId('traffic'))
  return (/** @type {StatusReport} */ { lastMinute }) => {
    set([
      ['Requests', `${number(lastMinute.requestsPerSecond)} /s`],
      ['Errors (5xx)', percent(lastMinute.errorRatio)],
      ['Refused (4xx)', percent(lastMinute.callerErrorRatio)],
      ['p50', time(lastMinute.p50Ms)],
      ['p95', time(lastMinute.p95Ms)],
      ['p99', time(lastMinute.p99Ms)],
    ])
  }
}

/** @param {number | undefined} ms */
const time = (ms) => (ms === undefined ? '–' : duration(ms))

/** Cache tiers and memory: how full they are. */
export const levels = () => {
  const into = byId('levels')
  const memory = level('Memory')
  let shape = ''
  /** @type {ReturnType<typeof level>[]} */
  let tiers = []
  return (/** @type {StatusReport} */ { cache, memory: used }) => {
    const next = JSON.stringify(cache.map(({ tier }) => tier))
    if (next !== shape) {
      shape = next
      tiers = cache.map(({ tier }) => level(`Cache: ${tier}`))
      into.replaceChildren(memory.node, ...tiers.map(({ node }) => node))
    }
    memory.show(used.usedBytes, used.limitBytes, [
      ['Counted', used.limitFrom === 'cgroup' ? 'gateway and workers' : 'the gateway alone'],
      ['Limit from', used.limitFrom],
    ])
    cache.forEach((tier, index) => {
      const looked = tier.hits + tier.misses + tier.stale
      tiers[index]?.show(tier.usedBytes, tier.maxBytes, [
        ['Results', number(tier.entries)],
        [
          'Hits since the start',
          looked === 0 ? 'nothing looked up' : `${percent(tier.hits / looked)} of ${number(looked)}`,
        ],
        ['Too old', tier.stale > 0 ? number(tier.stale) : undefined],
        ['Faults', tier.errors > 0 ? number(tier.errors) : undefined],
      ])
    })
  }
}

/** @param {string} name */
const level = (name) => {
  const words = element('span')
  const meter = element('meter', { min: '0', max: '1', 'aria-label': name })
  const pairs = element('dl', { class: 'pairs' })
  const title = element('p', {}, element('strong', {}, name), words)
  const node = element('div', { class: 'level' }, title, meter, pairs)
  const set = pairsIn(pairs)
  return {
    node,
    /**
     * @param {number} used
     * @param {number} most
     * @param {[string, string | undefined][]} more
     */
    show: (used, most, more) => {
      meter.value = used / most
      setText(words, `${bytes(used)} of ${bytes(most)}`)
      set(more)
    },
  }
}

/** Settings in force that the file does not have. */
export const overrides = () => {
  const into = byId('overrides')
  let shown = ''
  return (/** @type {StatusReport} */ { overrides: list }) => {
    const next = JSON.stringify(list)
    if (next === shown) return
    shown = next
    if (list.length === 0)
      return into.replaceChildren(element('p', { class: 'empty' }, 'None: all is as the file says.'))
    into.replaceChildren(
      ...list.map(({ key, value, fileValue, by, from, at }) => {
        const pairs = element('dl', { class: 'pairs' })
        pairsIn(pairs)([
          ['In the file', JSON.stringify(fileValue)],
          ['Set by', `${by} from ${from}`],
          ['At', new Date(at).toLocaleString('en-GB')],
        ])
        const head = element('p', {}, element('strong', {}, key), element('span', {}, JSON.stringify(value)))
        return element('div', { class: 'level' }, head, pairs)
      }),
    )
  }
}

/** What runs here. */
export const about = () => {
  const set = pairsIn(byId('about'))
  const build = byId('build')
  return (/** @type {StatusReport} */ { gateway, nowMs }) => {
    setText(build, `${gateway.version}, up for ${elapsed(nowMs - gateway.startedAtMs)}`)
    set([
      ['Version', gateway.version],
      ['Commit', gateway.commit],
      ['Node', gateway.node],
      ['Process', String(gateway.pid)],
      ['Started', new Date(gateway.startedAtMs).toLocaleString('en-GB')],
      ['Configuration', gateway.configPath ?? 'the embedded default'],
      ['Log level', gateway.logLevel],
    ])
  }
}
