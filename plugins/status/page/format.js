/**
 * A number with three digits that say something.
 *
 * @param {number} value
 */
export const number = (value) =>
  value.toLocaleString('en', value >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 })

/** @param {number} ms */
export const duration = (ms) => (ms < 1_000 ? `${number(ms)} ms` : `${number(ms / 1_000)} s`)

/** @param {number} share of 1 */
export const percent = (share) => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** @param {number} count of bytes */
export const bytes = (count) => {
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10))
  return `${number(count / 2 ** (10 * power))} ${units[power] ?? ''}`
}

/**
 * The time of day where the page is read.
 *
 * @param {number} atMs
 */
export const timeOfDay = (atMs) => new Date(atMs).toLocaleTimeString('en-GB')
