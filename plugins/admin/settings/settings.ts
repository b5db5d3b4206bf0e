import type { FoundOverrides } from '../../../gateway/config/overrides/file.ts'
import { withOverrides, type Override } from '../../../gateway/config/overrides/override.ts'
import { isWithin, runtimeSections, settingsOf, type SectionName } from '../../../gateway/config/overrides/sections.ts'
import { describeOverride, settle } from '../../../gateway/config/overrides/settle.ts'
import type { Config } from '../../../gateway/config/schema.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import type { Log } from '../../../gateway/core/log.ts'
import { changedKeys, overridesFor, posted, type Author, type ChangedKey } from './change.ts'
import { keptOverrides } from './kept-overrides.ts'
import { serially } from './serially.ts'

/** What a change has come to. */
export interface SettingsChange {
  /** The section as it is now. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly changed: readonly ChangedKey[]
}

/** `app.settings`: what can be changed while the gateway runs. */
export interface Settings {
  /**
   * Brings what earlier runs have left into force, before anything is changed. It waits `readLimitMs`; what is read later comes
   * into force then, and until then every change is refused.
   */
  begin(read: () => Promise<FoundOverrides>): Promise<void>
  /** A section as it is now; posting it again changes nothing. */
  read(section: SectionName): Readonly<Record<string, unknown>>
  /** Every key that differs from the file, and who changed it. */
  overrides(): readonly Override[]
  /**
   * Changes keys of a section: all of them or none.
   *
   * @throws GatewayError `EG_INPUT_INVALID`, `EG_CONFIG_NOT_SAVED`; then nothing has changed
   */
  change(section: SectionName, body: unknown, author: Author): Promise<SettingsChange>
  /**
   * Returns a section to the file.
   *
   * @throws GatewayError `EG_CONFIG_NOT_SAVED`; then nothing has changed
   */
  revert(section: SectionName): Promise<SettingsChange>
}

/** What settings live on. */
export interface SettingsOptions {
  /** As the file says. */
  readonly file: Config
  /** Keeps overrides for the next start. */
  readonly write: (overrides: readonly Override[]) => Promise<void>
  /** Tells living parts of a configuration. */
  readonly apply: (config: Config) => void
  readonly clock: Pick<Clock, 'after'>
  readonly log: Log
}

/** Settings as in the file, which is applied at once. Changes wait for each other. */
export const settings = ({ file, write, apply, clock, log }: SettingsOptions): Settings => {
  let overrides: readonly Override[] = []
  let config = file
  const inTurn = serially()
  const kept = keptOverrides({ write, inForce: () => overrides, clock, log })
  apply(config)

  const bringIntoForce = (next: readonly Override[]): void => {
    const changed = withOverrides(file, next)
    try {
      apply(changed)
    } catch (error) {
      apply(config)
      throw error
    }
    overrides = next
    config = changed
  }

  const take = (found: FoundOverrides): boolean => {
    const { inForce, warnings } = settle(file, found.overrides)
    for (const warning of [...found.warnings, ...warnings]) log.warn({}, warning)
    // Before they are applied: the level of the log is one of them.
    if (inForce.length > 0) log.warn({ overrides: inForce.map(describeOverride) }, 'overrides are in force')
    bringIntoForce(inForce)
    // Otherwise dropped ones would come back with the next change of the file.
    return inForce.length < found.overrides.length
  }

  const commit = async (next: readonly Override[]): Promise<void> => {
    await kept.save(next)
    try {
      bringIntoForce(next)
    } catch (error) {
      await kept.restore()
      throw error
    }
  }

  const move = async (
    name: SectionName,
    nextOf: (before: readonly Override[]) => readonly Override[],
  ): Promise<SettingsChange> => {
    kept.refuseWhileHanging()
    const section = runtimeSections[name]
    const before = config
    const next = nextOf(overrides)
    if (!isSame(next, overrides) || kept.mayDiffer()) await commit(next)
    return { settings: settingsOf(config, section), changed: changedKeys(before, config, section) }
  }

  return {
    begin: (read) => kept.begin(read, take),
    read: (name) => settingsOf(config, runtimeSections[name]),
    overrides: () => overrides,
    change: (name, body, author) =>
      inTurn(() => {
        const section = runtimeSections[name]
        const candidate = posted(config, section, body)
        return move(name, (before) => overridesFor(file, candidate, section, before, author))
      }),
    revert: (name) =>
      inTurn(() => move(name, (before) => before.filter(({ key }) => !isWithin(runtimeSections[name], key)))),
  }
}

const isSame = (a: readonly Override[], b: readonly Override[]): boolean =>
  a.length === b.length && a.every((override) => b.includes(override))
