import type { Call } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import { reasonOf } from '../core/errors.ts'
import type { EmbedFn } from '../core/layer.ts'
import { canaryTexts, pace } from './pace.ts'
import { probe, probeTexts, type ReferenceRange } from './parity.ts'
import { pause, type Pause } from './pause.ts'
import type { Proof } from './proof.ts'
import type { Goldens } from './replica.ts'
import { wholeReferences } from './whole-references.ts'

/** What a replica is measured with. */
export interface ParityWatchOptions {
  readonly goldens: Goldens
  /** The backend itself: probes before it serves must not wait for a breaker. */
  readonly embed: EmbedFn
  /** The way of canaries: that of any other try, breaker and limits included. */
  readonly canary: () => EmbedFn
  readonly proven: Proof
  readonly clock: Clock
  /** Uniform in [0, 1): jitter, so that replicas are not measured all at once. */
  readonly random: () => number
  /** Runs `work` with a call of its own, until it settles or takes too long. */
  readonly bounded: (what: string, limitMs: number, work: (call: Call) => Promise<number>) => Promise<number>
  /** Limit of one probe. */
  readonly probeMs: number
  /** Told the minimum cosine of the last round of references and this one. */
  readonly onParity: (lowest: number) => void
  /** Told that a canary was answered. */
  readonly onCanary: () => void
  /** Told the reason why something could not be measured. */
  readonly onTrouble: (reason: string) => void
}

/** Measures one replica by its references. */
export interface ParityWatch {
  /** Measures the first references, or all of them. Resolves with whether it may serve; rejects when it does not answer. */
  passes(all: boolean): Promise<boolean>
  /**
   * Measures on in the background while the replica serves: the references behind the first ones at once, chunk by chunk, so
   * that real work goes between; then for ever a few every now and then, the canaries. Calls `onDrift` once, when it is off.
   *
   * @returns how to stop
   */
  watch(isMeasured: boolean, onDrift: () => void): () => void
}

/** A watch over one replica. */
export const parityWatch = (options: ParityWatchOptions): ParityWatch => {
  const { goldens, clock, proven, onParity } = options
  const { references, space, minParity } = goldens
  const count = references.texts.length
  /** Texts that are cut cost as much as all others together, and an engine that refuses them first twice. */
  const canaryReferences = wholeReferences(references) ?? references
  /** Minimum cosines of the last whole round, and of this one. */
  let lastRound = 1
  let round = 1

  const measure = (range: ReferenceRange): Promise<number> =>
    options.bounded('parity', options.probeMs, (call) =>
      probe(options.embed, references, space, range, call, minParity),
    )

  const sendCanary = (range: ReferenceRange): Promise<number> =>
    options.bounded('canary', pace.canaryMs, (call) => probe(options.canary(), canaryReferences, space, range, call))

  const watch = (isMeasured: boolean, onDrift: () => void): (() => void) => {
    let isStopped = false
    const isWatching = (): boolean => !isStopped
    let rest: Pause | undefined

    const sleep = async (ms: number): Promise<void> => {
      if (!isWatching()) return
      rest = pause(clock, ms)
      await rest.over
    }

    /** @returns whether the replica is right; what comes when nobody watches any more says nothing */
    const note = (cosine: number): boolean => {
      if (!isWatching()) return true
      round = Math.min(round, cosine)
      onParity(Math.min(lastRound, round))
      return cosine >= minParity
    }

    const endRound = (): void => {
      if (!isWatching()) return
      lastRound = round
      round = 1
      proven.pass()
    }

    /** The references behind the first ones. */
    const measureRest = async (): Promise<boolean> => {
      for (let start = probeTexts; start < count && isWatching(); start += probeTexts) {
        if (!note(await measure({ start, end: Math.min(count, start + probeTexts) }))) return false
      }
      endRound()
      return true
    }

    const measureRestUntilAnswered = async (): Promise<boolean> => {
      while (isWatching()) {
        try {
          return await measureRest()
        } catch (error) {
          options.onTrouble(reasonOf(error))
          await sleep(pace.lookAgainMs)
        }
      }
      return true
    }

    /** All references that are not cut once, a few at a time. One that is not answered is asked again in its turn: the breaker judges that. */
    const sendCanaries = async (): Promise<boolean> => {
      proven.begin()
      const { length } = canaryReferences.texts
      let start = 0
      while (start < length && isWatching()) {
        await sleep(pace.canaryEveryMs * (0.8 + 0.4 * options.random()))
        if (!isWatching()) return true
        const end = Math.min(length, start + canaryTexts)
        try {
          if (!note(await sendCanary({ start, end }))) return false
          options.onCanary()
          start = end
        } catch (error) {
          options.onTrouble(reasonOf(error))
        }
      }
      endRound()
      return true
    }

    const run = async (): Promise<void> => {
      let isRight = isMeasured || (await measureRestUntilAnswered())
      while (isRight && isWatching()) isRight = await sendCanaries()
      if (!isRight && isWatching()) onDrift()
    }

    void run()
    return () => {
      isStopped = true
      rest?.end()
    }
  }

  return {
    async passes(all) {
      proven.begin()
      const end = all ? count : Math.min(count, probeTexts)
      const cosine = await measure({ start: 0, end })
      onParity(cosine)
      // The references behind the first ones belong to the same round.
      ;[lastRound, round] = end === count ? [cosine, 1] : [1, cosine]
      if (cosine < minParity) return false
      if (end === count) proven.pass()
      return true
    },
    watch,
  }
}
