/** @typedef {import('../status-report.ts').StatusReport} StatusReport */
/** @typedef {import('../status-report.ts').ModelReport} ModelReport */
/** @typedef {import('../status-report.ts').TierReport} TierReport */
/** @typedef {import('../status-report.ts').ReplicaReport} ReplicaReport */

import { element, pairsIn, setAttribute, setText } from './dom.js'
import { elapsed } from './elapsed.js'
import { duration, number } from './format.js'
import { mark, ofCondition, ofState } from './marks.js'

/**
 * The chain of every model as a picture: the tiers in their order, each with its state. What is there follows from the
 * configuration, so it is built once; then only texts change.
 *
 * @param {HTMLElement} into
 * @returns {(report: StatusReport) => void}
 */
export const chains = (into) => {
  let shape = ''
  /** @type {((model: ModelReport, nowMs: number, cache: StatusReport['cache']) => void)[]} */
  let views = []
  return ({ models, nowMs, cache }) => {
    const next = JSON.stringify(
      models.map(({ name, chain }) => [name, chain.map((tier) => [tier.name, tier.replicas.length])]),
    )
    if (next !== shape) {
      shape = next
      into.replaceChildren()
      views = models.map((model) => modelView(into, model))
    }
    models.forEach((model, index) => views[index]?.(model, nowMs, cache))
  }
}

/**
 * @param {HTMLElement} into
 * @param {ModelReport} first
 */
const modelView = (into, first) => {
  const shape = mark()
  const word = element('span', { class: 'word' })
  const list = element('ol', { class: 'chain' })
  const article = element(
    'article',
    { class: 'model' },
    element('header', {}, shape.node, element('h3', {}, first.name), word),
    list,
  )
  into.append(article)
  const tiers = first.chain.map((tier) => tierView(list, tier))
  return (
    /** @type {ModelReport} */ model,
    /** @type {number} */ nowMs,
    /** @type {StatusReport['cache']} */ cache,
  ) => {
    const [tone, text] = ofState(model.state)
    setAttribute(article, 'data-tone', tone)
    shape.set(tone)
    setText(word, text)
    model.chain.forEach((tier, index) => tiers[index]?.(tier, model, nowMs, cache))
  }
}

/**
 * @param {HTMLElement} into
 * @param {TierReport} first
 */
const tierView = (into, first) => {
  const shape = mark()
  const word = element('span', { class: 'word' })
  const badge = element('span', { class: 'answers' })
  const about = element('p', { class: 'about-tier quiet' })
  const why = element('p', { class: 'why' })
  const pairs = element('dl', { class: 'pairs' })
  const replicas = element('ul', { class: 'replicas', 'aria-label': `Replicas of ${first.name}` })
  const item = element(
    'li',
    { class: 'tier' },
    element('header', {}, shape.node, element('h4', {}, first.name), word, badge),
    about,
    why,
    pairs,
  )
  const several = first.replicas.length > 1 ? first.replicas.map(() => replicaView(replicas)) : []
  if (several.length > 0) item.append(replicas)
  into.append(item)
  const setPairs = pairsIn(pairs)
  return (
    /** @type {TierReport} */ tier,
    /** @type {ModelReport} */ model,
    /** @type {number} */ nowMs,
    /** @type {StatusReport['cache']} */ cache,
  ) => {
    const [tone, text] = ofCondition(tier.condition)
    const answers = model.answeredBy === tier.name
    setAttribute(item, 'data-tone', tone)
    setAttribute(item, 'data-answers', answers ? '' : undefined)
    shape.set(tone)
    setText(word, tier.computing || tier.condition !== 'serving' ? text : 'Ready')
    setText(badge, answers ? 'answers' : '')
    setText(about, tier.computing ? aboutTier(tier) : 'stored results, when nothing computes')
    setText(why, whyNot(tier, nowMs))
    setPairs(tier.computing ? pairsOf(tier, model, nowMs) : storedIn(cache))
    tier.replicas.forEach((replica, index) => several[index]?.(replica, nowMs))
  }
}

/** @param {HTMLElement} into */
const replicaView = (into) => {
  const shape = mark()
  const name = element('span')
  const figures = element('span')
  const item = element('li', {}, shape.node, name, figures)
  into.append(item)
  return (/** @type {ReplicaReport} */ replica, /** @type {number} */ nowMs) => {
    const [tone, word] = ofCondition(replica.condition)
    setAttribute(item, 'data-tone', tone)
    shape.set(tone)
    setText(name, `${replica.replica} ${word.toLowerCase()}`)
    setText(figures, [`${replica.inFlight} in flight`, breakerWords(replica, nowMs)].filter(Boolean).join(', '))
  }
}

/** @param {TierReport} tier */
const aboutTier = ({ kind, optional, replicas }) => {
  const runsOn = replicas.find((replica) => replica.condition === 'serving')?.runsOn
  return [kind, runsOn, optional ? 'optional' : undefined].filter(Boolean).join(' · ')
}

/**
 * @param {TierReport} tier
 * @param {number} nowMs
 */
const whyNot = ({ condition, sinceMs, reason, detail, drainedSinceMs }, nowMs) => {
  if (condition === 'serving') return detail ?? ''
  const since = `for ${elapsed(nowMs - sinceMs)}${reason === undefined ? '' : `: ${reason}`}`
  if (drainedSinceMs === undefined || condition === 'drained') return since
  return `${since}; drained by an operator ${elapsed(nowMs - drainedSinceMs)} ago`
}

/**
 * @param {TierReport} tier
 * @param {ModelReport} model
 * @param {number} nowMs
 * @returns {[string, string | undefined][]}
 */
const pairsOf = (tier, model, nowMs) => {
  const { replicas } = tier
  const serving = replicas.filter(({ condition }) => condition === 'serving').length
  const parities = replicas.flatMap(({ parity }) => (parity === undefined ? [] : [parity]))
  const [only] = replicas
  const lastError = replicas
    .flatMap((replica) => replica.lastError ?? [])
    .toSorted((a, b) => b.atMs - a.atMs)
    .at(0)
  return [
    ['In flight', number(replicas.reduce((sum, { inFlight }) => sum + inFlight, 0))],
    ['Queue', tier.queueTokens === undefined ? undefined : `${number(tier.queueTokens)} tokens`],
    ['Breaker', replicas.length === 1 && only ? breakerWords(only, nowMs) : undefined],
    ['Replicas', replicas.length > 1 ? `${serving} of ${replicas.length}` : undefined],
    ['Parity', parities.length === 0 ? undefined : `${Math.min(...parities).toFixed(4)}, floor ${model.minParity}`],
    ['Restarts', tier.restarts ? `${tier.restarts}` : undefined],
    ['Last error', lastError && `${lastError.reason}, ${elapsed(nowMs - lastError.atMs)} ago`],
  ]
}

/**
 * @param {StatusReport['cache']} cache
 * @returns {[string, string][]}
 */
const storedIn = (cache) => cache.map(({ tier, entries }) => [`In ${tier}`, `${number(entries)} results`])

/**
 * @param {ReplicaReport} replica
 * @param {number} nowMs
 */
const breakerWords = ({ breaker }, nowMs) => {
  if (!breaker) return undefined
  const forced = breaker.mode === 'auto' ? '' : ', forced'
  if (breaker.state === 'open')
    return breaker.remainingMs === undefined
      ? `open${forced} for ${elapsed(nowMs - breaker.sinceMs)}`
      : `open, probe in ${duration(Math.ceil(breaker.remainingMs / 1_000) * 1_000)}`
  if (breaker.state === 'half-open')
    return `half-open, ${breaker.successes?.counted ?? 0} of ${breaker.successes?.needed ?? 0} probes good`
  return breaker.failures > 0 ? `closed${forced}, ${breaker.failures} of ${breaker.calls} failed` : `closed${forced}`
}
