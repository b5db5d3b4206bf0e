import type { Health } from '../core/backend.ts'
import { openCall, type AbortableCall, type Call } from '../core/call.ts'
import { deadlineIn } from '../core/deadline.ts'
import { BackendError, CallerGone, reasonOf } from '../core/errors.ts'
import type { Bar, ReplicaState } from '../core/served-model.ts'
import { untilAborted } from '../core/until-aborted.ts'
import { callBackend } from './call-backend.ts'
import { backOffMs, badAnswers, pace } from './pace.ts'
import { parityWatch } from './parity-watch.ts'
import { pause, type Pause } from './pause.ts'
import { proof } from './proof.ts'
import type { LifecycleOptions, Replica } from './replica.ts'

/** Puts a backend in the care of a state machine: started, probed, watched, and started again when it is lost. */
export const lifecycle = (options: LifecycleOptions): Replica => {
  const { backend, policy, optional, goldens, clock, log, random, gates = [], modelLoadMs = 60_000, onChange } = options
  const embed = callBackend(backend)
  const openCalls = new Set<AbortableCall>()
  const proven = proof(clock)
  /** Until the chain is put together, which is before anything starts. */
  let canaryWay = embed
  let state: ReplicaState = 'starting'
  let sinceMs = clock.wallNow()
  let detail: string | undefined
  let parity: number | undefined
  let hasServed = false
  let lostAtMs = -Infinity
  let rest: Pause | undefined
  /** Once it has drifted, all references have to be right before it serves again, not only the first few. */
  let isStrict = false
  let hasOtherModel = false
  let lastCheckAtMs = -Infinity
  let isSuspect = false

  const bar = (): Bar | undefined => {
    for (const gate of gates) {
      const found = gate.bar()
      if (found) return found
    }
    return undefined
  }

  const renew = (): void => {
    for (const gate of gates) gate.renew?.()
  }
  backend.onRenewal?.(renew)

  const isClosed = (): boolean => state === 'closed'

  const become = (next: ReplicaState, reason?: string): void => {
    if (isClosed()) return
    detail = reason
    if (next === state) return
    const fields = { backend: backend.name, replica: backend.replica, from: state, to: next, reason }
    if (state === 'serving') lostAtMs = clock.now()
    if (next === 'serving' || state === 'serving') sinceMs = clock.wallNow()
    state = next
    if (next === 'serving') {
      hasOtherModel = false
      if (hasServed) renew()
      hasServed = true
    }
    if (next === 'down' || next === 'drifted') log.warn(fields, 'backend is out of its chains')
    else log.info(fields, 'backend changed state')
    onChange?.()
  }

  backend.onOtherModel?.((reason) => {
    if (hasOtherModel || isClosed()) return
    hasOtherModel = true
    isStrict = true
    const fields = { backend: backend.name, replica: backend.replica, reason }
    log.warn(
      fields,
      'the engine has another model: nothing is used that was stored since it was last known to be right',
    )
    if (state === 'serving') become('down', reason)
    else onChange?.()
    rest?.end()
  })

  /** Runs `work` until it settles, `limitMs` have passed, or the replica is closed. */
  const bounded = async <T>(what: string, limitMs: number, work: (call: Call) => Promise<T>): Promise<T> => {
    const facts = {
      requestId: `${what}-${backend.name}-${backend.replica}`,
      tenant: 'embedgate',
      cache: 'no-store',
    } as const
    const call = openCall(clock, facts, 'bulk', deadlineIn(clock, limitMs))
    openCalls.add(call)
    try {
      return await untilAborted(call.signal, work(call))
    } catch (error) {
      if (!call.signal.aborted || isClosed()) throw error
      throw new BackendError('timeout', `${what} took longer than ${limitMs} ms`, { cause: error })
    } finally {
      call.release()
      openCalls.delete(call)
    }
  }

  const restFor = async (ms: number): Promise<void> => {
    if (isClosed()) return
    rest = pause(clock, ms)
    await rest.over
    rest = undefined
  }

  const noteParity = (lowest: number): void => {
    parity = lowest
    onChange?.()
  }

  const measured =
    goldens &&
    parityWatch({
      goldens,
      embed,
      canary: () => canaryWay,
      proven,
      clock,
      random,
      bounded,
      probeMs: backend.remote ? Math.min(pace.remoteProbeMs, modelLoadMs) : modelLoadMs,
      onParity: noteParity,
      onCanary: () => options.onCanary?.(),
      onTrouble: (reason) =>
        log.debug({ backend: backend.name, reason }, 'parity could not be measured, tried again later'),
    })

  const askHealth = async (): Promise<Health> => {
    try {
      return await bounded('health', pace.healthMs, (call) => backend.health(call.signal))
    } catch (error) {
      return { state: 'down', detail: error instanceof Error ? error.message : String(error) }
    }
  }

  /** Watches a serving replica until it is lost (its last health answer) or has drifted. */
  const watch = async (isMeasured: boolean): Promise<Health | 'drifted'> => {
    let hasDrifted = false
    let bad = 0
    isSuspect = false
    const isWatched = (): boolean => !isClosed() && !hasDrifted && !hasOtherModel
    /** Rests until its health is to be asked for. One check answers all tries that ended at about the same time. */
    const untilDue = async (): Promise<void> => {
      const usualMs = clock.now() + (bad === 0 ? pace.healthEveryMs : pace.healthMs)
      const leftMs = (): number => (isSuspect ? lastCheckAtMs + pace.healthMs : usualMs) - clock.now()
      while (isWatched() && leftMs() > 0) await restFor(leftMs())
    }
    const stopMeasuring = measured?.watch(isMeasured, () => {
      hasDrifted = true
      rest?.end()
    })
    try {
      while (isWatched()) {
        await untilDue()
        if (!isWatched()) break
        const health = await askHealth()
        lastCheckAtMs = clock.now()
        bad = health.state === 'up' ? 0 : bad + 1
        if (bad === 0) isSuspect = false
        if (bad >= badAnswers) return health
      }
    } finally {
      stopMeasuring?.()
    }
    return hasDrifted ? 'drifted' : { state: 'down', ...(detail !== undefined && { detail }) }
  }

  /** From a started backend to a lost one. */
  const serve = async (): Promise<Health> => {
    become('probing')
    while (!isClosed()) {
      const wasStrict = isStrict
      if (!measured || (await measured.passes(wasStrict))) {
        isStrict = false
        become('serving')
        const lost = await watch(wasStrict)
        if (lost !== 'drifted') return lost
      }
      isStrict = true
      become('drifted', `its parity ${parity?.toFixed(4)} is below ${goldens?.minParity}`)
      await restFor(pace.lookAgainMs)
    }
    return { state: 'down' }
  }

  const live = async (): Promise<void> => {
    let failures = 0
    while (!isClosed()) {
      try {
        await bounded('start', modelLoadMs, () => backend.start())
        const lost = await serve()
        failures = 0
        become(lost.state === 'absent' && optional ? 'absent' : 'down', lost.detail ?? lost.state)
      } catch (error) {
        const isAbsent = optional && error instanceof BackendError && error.fault === 'absent'
        become(isAbsent ? 'absent' : 'down', error instanceof Error ? error.message : reasonOf(error))
        await restFor(isAbsent ? pace.lookAgainMs : backOffMs(failures++, random))
      }
    }
  }

  const stop = async (): Promise<void> => {
    become('closed')
    rest?.end()
    for (const call of openCalls) call.abort(new CallerGone())
    const limit = pause(clock, pace.closeMs)
    const closed = Promise.resolve()
      .then(() => backend.close())
      .catch((error: unknown) => log.warn({ backend: backend.name, reason: reasonOf(error) }, 'backend did not close'))
    await Promise.race([closed, limit.over])
    limit.end()
  }

  return {
    backend,
    policy,
    get state() {
      return state
    },
    get parity() {
      return parity
    },
    get isSuspect() {
      return isSuspect
    },
    get hasOtherModel() {
      return hasOtherModel
    },
    get hasServed() {
      return hasServed
    },
    get isComing() {
      if (state === 'starting' || state === 'probing') return true
      return state === 'down' && clock.now() - lostAtMs < modelLoadMs
    },
    bar,
    provenUntilMs: () => (goldens ? proven.untilMs() : 0),
    inFlight: 0,
    status() {
      const barredBy = bar()?.reason
      return {
        backend: backend.name,
        replica: backend.replica,
        kind: backend.kind,
        computing: backend.computing,
        optional,
        ...(backend.remote && { remote: true }),
        state,
        sinceMs,
        ...(barredBy !== undefined && { barredBy }),
        ...(detail !== undefined && { detail }),
        ...(parity !== undefined && { parity }),
        inFlight: this.inFlight,
      }
    },
    canariesGo: (space, way) => {
      if (space === goldens?.space) canaryWay = way
    },
    start: () => void live(),
    suspect: (error) => {
      if (state !== 'serving' || isSuspect || !findsItGone(error)) return
      isSuspect = true
      rest?.end()
    },
    close: stop,
  }
}

const findsItGone = (error: unknown): boolean =>
  error instanceof BackendError &&
  (error.fault === 'absent' || error.fault === 'unavailable' || error.fault === 'connection')
