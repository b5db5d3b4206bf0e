import type { FaultWindow } from './plan.ts'

/**
 * What goes wrong with an engine:
 * answers that fail: `error` after a while; `refused` at once; `reset` in the middle; `crash` takes down all it holds;
 * `down` it can do nothing and its health says so; `throws` something that is no error of ours;
 * answers that do not come: `hang` until the call ends; `blackhole` never, whatever becomes of the call;
 * answers out of time: `slow`; `late` long after anybody waits;
 * answers that are no answers: `short`, `long`, `narrow`, `nan`, `zero`, `bad_once` (right when asked again);
 * answers that nobody can tell from right ones but a parity probe: `drift` all; `late_drift` all but the first goldens;
 * `swapped` the right vectors for the wrong texts;
 * answers that it refuses: `busy`, with a time to wait or without;
 * a start that goes wrong: `slow_start`; `absent` its device is gone, and so is it.
 */
export const faultNames = [
  'error',
  'refused',
  'reset',
  'crash',
  'down',
  'throws',
  'hang',
  'blackhole',
  'slow',
  'late',
  'short',
  'long',
  'narrow',
  'nan',
  'zero',
  'bad_once',
  'drift',
  'late_drift',
  'swapped',
  'busy',
  'slow_start',
  'absent',
] as const

/** One of the faults. */
export type FaultName = (typeof faultNames)[number]

/** Faults that make vectors which only a parity probe can tell from right ones. */
export const driftFaults: readonly FaultName[] = ['drift', 'late_drift', 'swapped']

/** Faults under which nothing can be started, and what is asked for its health says so. */
export const deadFaults: readonly FaultName[] = ['crash', 'down', 'absent']

/** The fault that shows at a time, by the first window that fits. */
export const faultAt = (windows: readonly FaultWindow[], atMs: number): FaultName | undefined =>
  windows.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)?.fault
