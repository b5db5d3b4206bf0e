import type { Clock } from '../../../gateway/core/clock.ts'
import type { BatchRecord } from '../protocol.ts'

/** What this machine's processor takes for batches from `tokens` padded tokens on. */
export interface RivalSpeed {
  readonly tokens: number
  readonly msPerToken: number
}

/** Batches that are judged together: as many as the learnt speed stands on, which forgets a twentieth with each. */
const watchedBatches = 20
/** So long it must stay slow: what a worker must live to count as stable, too. Bursts of other work are shorter. */
const slowForMs = 10_000
/**
 * Times the processor's time from which a batch is slow. That time is the best of five runs in a row; measured beside other
 * work and with pauses of up to 300 ms, ordinary runs of the same core take up to twice it (median).
 */
const slowRatio = 2

/**
 * Watches whether a device still is worth using. A batch is compared with what the processor would take for one of its size;
 * the device is too slow when more than half of the last 20 batches took over twice that, and it stays so for 20 more such
 * batches and 10 s. A hiccup of any length is one batch.
 *
 * @param rivals smallest batches first
 * @returns to be given each batch; says why the device is too slow, undefined as long as it is not
 */
export const speedWatch = (
  rivals: readonly RivalSpeed[],
  clock: Pick<Clock, 'now'>,
): ((batch: Pick<BatchRecord, 'paddedTokens' | 'inferenceMs'>) => string | undefined) => {
  const watched: { readonly tokens: number; readonly ms: number; readonly rivalMs: number }[] = []
  let slow: { readonly sinceMs: number; batches: number } | undefined
  return ({ paddedTokens, inferenceMs }) => {
    const rivalMs = rivalMsOf(rivals, paddedTokens)
    watched.push({ tokens: paddedTokens, ms: inferenceMs, rivalMs })
    if (watched.length > watchedBatches) watched.shift()
    if (watched.length < watchedBatches) return undefined
    const usual = median(watched.map((batch) => batch.ms / batch.rivalMs))
    if (usual <= slowRatio) slow = undefined
    else slow ??= { sinceMs: clock.now(), batches: 0 }
    // A fast one is no proof: the clock may have run on while there was nothing to do.
    if (!slow || inferenceMs <= slowRatio * rivalMs) return undefined
    slow.batches += 1
    if (slow.batches < watchedBatches || clock.now() - slow.sinceMs < slowForMs) return undefined
    const tokens = sum(watched.map((batch) => batch.tokens))
    const perToken = (ms: readonly number[]): string => (sum(ms) / tokens).toPrecision(3)
    const [own, other] = [perToken(watched.map((batch) => batch.ms)), perToken(watched.map((batch) => batch.rivalMs))]
    return `too slow: ${own} ms per token over the last ${watchedBatches} batches, the processor needs ${other}`
  }
}

/** Smaller batches than any that was timed cost the processor no more than the smallest of those. */
const rivalMsOf = (rivals: readonly RivalSpeed[], tokens: number): number => {
  const rival = rivals.findLast((each) => each.tokens <= tokens) ?? rivals[0]
  return rival ? rival.msPerToken * Math.max(tokens, rival.tokens) : Number.POSITIVE_INFINITY
}

/** Of an even number, the lower of the two in the middle: more than half are not below it. */
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => b - a)[Math.floor(values.length / 2)] ?? 0

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
