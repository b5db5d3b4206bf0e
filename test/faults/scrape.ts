import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'

/** The metrics of a gateway at one moment. */
export interface Scraped {
  /** Sum of the series of a metric, without its prefix, whose labels are these or one of these; 0 when there is none. */
  sum(name: string, labels?: Readonly<Record<string, string | readonly string[]>>): number
}

/** Asks a gateway for its metrics. */
export const scrape = async (url: string): Promise<Scraped> => {
  const { body } = await request(`${url}/metrics`)
  return scraped(await body.text())
}

const pollMs = 2

/**
 * Asks a gateway for its metrics until they are so; returns how long that took.
 *
 * @param patienceMs 60 000 by default
 * @throws when it takes longer
 */
export const untilMetrics = async (
  url: string,
  isSo: (metrics: Scraped) => boolean,
  patienceMs = 60_000,
): Promise<number> => {
  const startMs = performance.now()
  while (!isSo(await scrape(url))) {
    if (performance.now() - startMs > patienceMs) throw new Error(`not so within ${patienceMs} ms: ${isSo.toString()}`)
    await sleep(pollMs)
  }
  return performance.now() - startMs
}

/** Reads Prometheus text. */
export const scraped = (text: string): Scraped => {
  const series = text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^embedgate_(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined) return []
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', label = '']) => [key, label] as const)
    return [{ name, labels: new Map(pairs), value: Number(value) }]
  })
  return {
    sum: (name, labels = {}) =>
      series
        .filter((each) => each.name === name)
        .filter((each) =>
          Object.entries(labels).every(([key, wanted]) => [wanted].flat().includes(each.labels.get(key) ?? '')),
        )
        .reduce((sum, { value }) => sum + value, 0),
  }
}
