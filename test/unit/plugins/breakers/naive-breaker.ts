import type { Outcome } from '../../../../gateway/core/errors.ts'
import type { BreakerSettings } from '../../../../gateway/core/policy.ts'
import type { BreakerMode, BreakerState } from '../../../../plugins/breakers/status.ts'
import type { TripCause } from '../../../../plugins/breakers/trip-rules.ts'

interface NaiveCall {
  readonly generation: number
  readonly untilMs: number | undefined
  isOver: boolean
}

/**
 * The policy as its page tells it, written for reading alone: it keeps every call in a list and does each thing as it happens.
 * Cool-downs are given, since they are drawn.
 */
export class NaiveBreaker {
  nowMs = 0
  state: BreakerState = 'closed'
  mode: BreakerMode = 'auto'
  cause: TripCause | undefined
  openUntilMs = 0
  successesAtMs: number[] = []
  readonly calls: NaiveCall[] = []
  #ended: { readonly atMs: number; readonly failed: boolean }[] = []
  #generation = 0
  #settings: BreakerSettings
  readonly #probeMs: number
  readonly #drawCooldownMs: (configuredMs: number) => number

  constructor(settings: BreakerSettings, probeMs: number, drawCooldownMs: (configuredMs: number) => number) {
    this.#settings = settings
    this.#probeMs = probeMs
    this.#drawCooldownMs = drawCooldownMs
  }

  /** The probe that is under way. */
  get probe(): NaiveCall | undefined {
    return this.calls.find(
      ({ generation, untilMs, isOver }) => generation === this.#generation && untilMs !== undefined && !isOver,
    )
  }

  /** Milliseconds until a call may be made; 0 when it may be made now. */
  get barredMs(): number {
    if (this.mode === 'forced-open') return Infinity
    if (this.state === 'open') return this.openUntilMs - this.nowMs
    return this.state === 'half-open' && this.probe ? (this.probe.untilMs ?? 0) - this.nowMs : 0
  }

  /** One millisecond after the other. */
  waitUntil(atMs: number): void {
    while (this.nowMs < atMs) {
      this.nowMs++
      const { probe } = this
      if (this.state === 'half-open' && probe?.untilMs !== undefined && this.nowMs >= probe.untilMs)
        this.#open(this.cause)
      if (this.mode === 'auto' && this.state === 'open' && this.nowMs >= this.openUntilMs) this.state = 'half-open'
    }
  }

  begin(): boolean {
    if (this.barredMs > 0) return false
    const untilMs = this.state === 'half-open' ? this.nowMs + this.#probeMs : undefined
    this.calls.push({ generation: this.#generation, untilMs, isOver: false })
    return true
  }

  end(index: number, outcome: Outcome): void {
    const call = this.calls[index]
    if (!call || call.isOver) return
    call.isOver = true
    if (call.generation !== this.#generation || outcome === 'neutral' || outcome === 'overload') return
    const failed = outcome === 'failure'
    if (call.untilMs !== undefined) {
      if (failed) return this.#open(this.cause)
      if (this.nowMs - (this.successesAtMs.at(-1) ?? 0) > 300_000) this.successesAtMs = []
      this.successesAtMs.push(this.nowMs)
      if (this.cause && this.successesAtMs.length >= this.#settings[this.cause].successes) this.#close()
      return
    }
    this.#ended.push({ atMs: this.nowMs, failed })
    if (failed && this.mode === 'auto') this.#open(this.#broken())
  }

  setMode(mode: BreakerMode): void {
    if (mode === this.mode) return
    this.mode = mode
    this.#close()
    if (mode === 'forced-open') this.state = 'open'
  }

  reset(): void {
    const { mode } = this
    this.#close()
    if (mode === 'forced-open') this.state = 'open'
  }

  configure(settings: BreakerSettings): void {
    this.#settings = settings
  }

  /** What the window of a rule holds; a bucket is a 60th of it. */
  counts(cause: TripCause): { calls: number; failures: number } {
    const bucketOf = (ms: number): number => Math.floor(ms / (this.#settings[cause].windowMs / 60))
    const held = this.#ended.filter(({ atMs }) => bucketOf(this.nowMs) - bucketOf(atMs) < 60)
    return { calls: held.length, failures: held.filter(({ failed }) => failed).length }
  }

  #broken(): TripCause | undefined {
    const { burst, rate } = this.#settings
    const minute = this.counts('rate')
    if (minute.calls >= rate.minCalls && minute.failures / minute.calls > rate.ratio) return 'rate'
    const moment = this.counts('burst')
    return moment.failures >= burst.failures && moment.failures / moment.calls >= burst.minRatio ? 'burst' : undefined
  }

  #open(cause: TripCause | undefined): void {
    if (!cause) return
    this.#generation++
    this.state = 'open'
    this.cause = cause
    this.successesAtMs = []
    this.openUntilMs = this.nowMs + this.#drawCooldownMs(this.#settings[cause].cooldownMs)
  }

  #close(): void {
    this.#generation++
    this.state = 'closed'
    this.cause = undefined
    this.successesAtMs = []
    this.#ended = []
  }
}
