import type { Call } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import { selectTexts, type EmbedBatch, type Embeddings } from '../core/embeddings.ts'
import { CallerGone, GatewayError, outcomeOf } from '../core/errors.ts'
import type { EmbedFn, Layer } from '../core/layer.ts'
import { together } from '../core/together.ts'
import { untilEnded } from '../core/until-aborted.ts'
import { openFlight, type Flight } from './flight.ts'
import { gather, type Part } from './gather.ts'

/** Where a text in flight is computed. */
interface Place {
  readonly flight: Flight
  readonly row: number
}

/** Rows of a batch that are rows of a flight somebody else, or an equal text of the batch itself, has started. */
interface Shared {
  readonly flight: Flight
  readonly from: number[]
  readonly to: number[]
}

/** How the rows of one batch are computed. */
interface Boarding {
  /** The flight this batch started; undefined when all its texts were in flight. */
  readonly own: Flight | undefined
  /** Rows of the batch that `own` computes, in its order. */
  readonly led: readonly number[]
  readonly shared: readonly Shared[]
}

/**
 * Computes a text once for all who want it at the same time: the same text, space, tenant, truncation, parity and cache
 * directive.
 *
 * A flight belongs to its participants together. It is aborted when the last one has left, and takes the class of the
 * highest. When it fails for a reason of the one who started it, those with time left compute for themselves; any other
 * failure is everybody's. Nothing is held once it has ended. A batch that shares nothing gets the answer as it came.
 *
 * When a replica drifts while a batch waits for several flights, all of it is asked for again: rows that came before are not
 * given out.
 *
 * @param onShared told how many texts of a batch were not computed again
 * @param driftCount how many drifts of the model's replicas are known
 */
export const singleflight =
  (clock: Clock, onShared: (texts: number) => void = () => {}, driftCount: () => number = () => 0): Layer =>
  (next) => {
    const scopes = new Map<string, Map<string, Place>>()

    const board = (batch: EmbedBatch, call: Call): Boarding => {
      const scope = `${batch.space} ${batch.truncate} ${batch.minParity} ${call.cache} ${call.tenant}`
      const places = scopes.get(scope) ?? new Map<string, Place>()
      scopes.set(scope, places)
      const texts: string[] = []
      const led: number[] = []
      const shared = new Map<Flight, Shared>()
      let own: Flight | undefined
      batch.texts.forEach((text, row) => {
        const place = places.get(text)
        if (place && mayJoin(place.flight, call)) {
          let rows = shared.get(place.flight)
          if (!rows) {
            rows = { flight: place.flight, from: [], to: [] }
            shared.set(place.flight, rows)
            if (place.flight !== own) place.flight.join(call.priority)
          }
          rows.from.push(place.row)
          rows.to.push(row)
          return
        }
        own ??= openFlight(clock, call, () => {
          for (const ended of texts) if (places.get(ended)?.flight === own) places.delete(ended)
          if (places.size === 0 && scopes.get(scope) === places) scopes.delete(scope)
        })
        places.set(text, { flight: own, row: texts.length })
        texts.push(text)
        led.push(row)
      })
      own?.launch(next, texts.length === batch.texts.length ? batch : { ...batch, texts })
      return { own, led, shared: [...shared.values()] }
    }

    const partOf = async (
      { flight, from, to }: Shared,
      own: Flight | undefined,
      batch: EmbedBatch,
      call: Call,
    ): Promise<Part> => {
      try {
        return { answer: await flight.answer(), from, to, joined: true }
      } catch (error) {
        if (flight === own) throw error
        const again = await computeAgain(error, flight, selectTexts(batch, to), call)
        return { answer: again, from: to.map((_, index) => index), to }
      }
    }

    const computeAgain = (error: unknown, flight: Flight, batch: EmbedBatch, call: Call): Promise<Embeddings> => {
      if (hadLessTime(error, flight, call)) return embed(batch, call)
      // Which of its texts was at fault is not known: not joined again, or innocent texts would go down with it in turn.
      if (outcomeOf(error) === 'caller' && flight.size() > 1) return next(batch, call)
      throw error
    }

    const embed: EmbedFn = async (batch, call) => {
      if (call.endedBy) throw call.endedBy
      const drifts = driftCount()
      const { own, led, shared } = board(batch, call)
      try {
        if (own && shared.length === 0) return await untilEnded(call, own.answer())
        onShared(batch.texts.length - led.length)
        // Once a part has failed the batch has: what the others would compute again is for nobody.
        const parts = await together(call, (waiting) => {
          const all = shared.map((rows) => partOf(rows, own, batch, waiting))
          if (own) all.unshift(own.answer().then((answer) => ({ answer, from: led.map((_, index) => index), to: led })))
          return untilEnded(waiting, Promise.all(all))
        })
        // A part that came before a drift may be of the replica that has drifted.
        return driftCount() === drifts ? gather(batch.texts.length, parts) : await embed(batch, call)
      } finally {
        own?.leave(call.endedBy)
        for (const { flight } of shared) if (flight !== own) flight.leave(call.endedBy)
      }
    }
    return embed
  }

/** A bulk flight of at most this many texts is raised for an interactive caller; a larger one would take too long even so. */
const raisableTexts = 32

/** Whether a caller is served well by a flight: an interactive one does not wait for a large bulk request. */
const mayJoin = (flight: Flight, call: Call): boolean =>
  call.priority === 'bulk' || flight.priority() === 'interactive' || flight.size() <= raisableTexts

/** A flight that fails with less than this left may have failed for want of time, whatever the error: tiers get shares of it. */
const shortOfTimeMs = 250

/** Whether a flight failed for reasons of the time of those who started it, and this caller has more. */
const hadLessTime = (error: unknown, flight: Flight, call: Call): boolean => {
  const remainingMs = call.deadline.remainingMs()
  if (error instanceof CallerGone || (error instanceof GatewayError && error.code === 'EG_DEADLINE'))
    return remainingMs > 0
  const flightMs = flight.remainingMs()
  const outcome = outcomeOf(error)
  // Whether there is a place in time depends on the time.
  const isOfItsTime = outcome === 'overload' || (outcome !== 'caller' && flightMs < shortOfTimeMs)
  return isOfItsTime && remainingMs > flightMs + shortOfTimeMs
}
