import { untilMetrics } from '../scrape.ts'
import { askFor, callers, longText, type Callers } from './callers.ts'

/** Requests that have come as far as they were to come. */
export interface Wave {
  readonly callers: Callers
  /** Requests of others that are in the gateway too, and their texts. */
  readonly others: { readonly requests: number; readonly texts: number }
  /** Resolves when the gateway has nothing left to do. */
  over(): Promise<void>
}

/** A moment in the life of a request at which its caller leaves. */
export interface Stage {
  /** For people. */
  readonly name: string
  /** Requests of a wave, at most. */
  readonly waveSize: number
  /** Brings `size` requests so far. */
  begin(url: string, size: number): Promise<Wave>
}

const none = { requests: 0, texts: 0 } as const
/** Some batches: a second of one core. */
const blockerTexts = 16
const route = '/v1/embeddings'
let texts = 0
const freshTexts = (count: number): string[] => Array.from({ length: count }, () => longText(texts++))

/** The head has arrived and half of the body; the rest never comes. */
const sending: Stage = {
  name: 'while the body is sent',
  waveSize: 50,
  begin: async (url, size) => {
    const gone = await callers(url, freshTexts(size), { share: 0.5 })
    await untilMetrics(url, (metrics) => metrics.sum('requests_in_flight', { route }) >= size)
    return { callers: gone, others: none, over: async () => {} }
  },
}

/** The only worker has more to do for others, whose turn is first: bulk waits. */
const queued: Stage = {
  name: 'while queued',
  waveSize: 50,
  begin: async (url, size) => {
    const blocker = askFor(url, freshTexts(blockerTexts))
    const gone = await callers(url, freshTexts(size), { priority: 'bulk' })
    await untilMetrics(url, (metrics) => metrics.sum('backend_in_flight', { backend: 'cpu' }) >= size + 1)
    return { callers: gone, others: { requests: 1, texts: blockerTexts }, over: () => blocker }
  },
}

/** The only worker had nothing to do, and began at once. */
const computing: Stage = {
  name: 'while computing',
  waveSize: 1,
  begin: async (url, size) => {
    const gone = await callers(url, freshTexts(size))
    await untilMetrics(url, (metrics) => metrics.sum('backend_in_flight', { backend: 'cpu' }) >= size)
    // Behind the batch that runs on for nobody.
    return { callers: gone, others: { requests: 0, texts: 1 }, over: () => askFor(url, `others ${texts++}`) }
  },
}

/** In the order in which a request comes to them. */
export const stages: readonly Stage[] = [sending, queued, computing]
