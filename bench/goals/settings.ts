/** How thorough a run is. */
export interface Settings {
  readonly long: boolean
  /** Turns of each pair. */
  readonly rounds: number
  /** Load on each server before its first turn: until the just-in-time compiler has seen what it will run. */
  readonly settleMs: number
  /** Load before anything is counted, and load that is counted, in each turn. */
  readonly warmUpMs: number
  readonly durationMs: number
  /** Of the memory run. */
  readonly minutes: number
  /** Of the shutdown run. */
  readonly cycles: number
}

/** Minutes of the memory run: the last two thirds are judged. */
const defaultMinutes = 15

/** Short: seconds a turn, for a first look. Long: what goes into the repository. */
export const settings = (
  long: boolean,
  overrides: { readonly rounds?: number; readonly minutes?: number; readonly cycles?: number },
): Settings => ({
  long,
  rounds: overrides.rounds ?? (long ? 5 : 3),
  settleMs: long ? 20_000 : 5_000,
  warmUpMs: long ? 2_000 : 1_000,
  durationMs: long ? 6_000 : 3_000,
  minutes: overrides.minutes ?? defaultMinutes,
  cycles: overrides.cycles ?? (long ? 100 : 20),
})
