import { faultNames, type FaultName } from '../faults.ts'
import type { BackendPlan, FaultWindow } from '../plan.ts'
import type { Random } from '../random.ts'

/** Gives replicas their faults, all over by `healedMs`. Some have none, some are lost for long, some flap. */
export const drawFaults = (random: Random, backends: readonly BackendPlan[], healedMs: number): BackendPlan[] =>
  backends.map((backend) => ({
    ...backend,
    replicas: backend.replicas.map(() => ({
      faults: random.chance(0.25) ? [] : drawWindows(random, healedMs),
    })),
  }))

/** Faults that make a difference to a start, or to the probes that follow it. */
const startFaults = [
  'late_drift',
  'late_drift',
  'late_drift',
  'drift',
  'swapped',
  'slow_start',
  'absent',
  'down',
  'hang',
  'nan',
] as const

const drawWindows = (random: Random, healedMs: number): FaultWindow[] => {
  const windows: FaultWindow[] = []
  // A fault at the very start is one that the first probe meets.
  const isAtStart = random.chance(0.3)
  let fromMs = isAtStart ? 0 : random.gap(4_000)
  while (fromMs < healedMs && windows.length < 12) {
    const fault = random.pick(isAtStart && windows.length === 0 ? startFaults : faultNames)
    const toMs = Math.min(healedMs, fromMs + 50 + random.gap(random.pick([300, 2_000, 6_000])))
    if (random.chance(0.2)) windows.push(...flapping(random, fault, fromMs, toMs))
    else windows.push({ fault, fromMs, toMs })
    fromMs = toMs + random.gap(3_000)
  }
  return windows
}

/** The same fault, on and off. */
const flapping = (random: Random, fault: FaultName, fromMs: number, toMs: number): FaultWindow[] => {
  const windows: FaultWindow[] = []
  const periodMs = random.between(50, 500)
  for (let at = fromMs; at < toMs && windows.length < 12; at += 2 * periodMs) {
    windows.push({ fault, fromMs: at, toMs: Math.min(toMs, at + periodMs) })
  }
  return windows
}
