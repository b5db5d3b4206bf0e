import { withOverrides, type Override } from '../../../gateway/config/overrides/override.ts'
import { isWithin, runtimeSections, settingsOf, type SectionName } from '../../../gateway/config/overrides/sections.ts'
import type { Config } from '../../../gateway/config/schema.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { changedKeys, overridesFor, posted, type Author, type ChangedKey } from './change.ts'
import { serially } from './serially.ts'

/** What a change has come to. */
export interface SettingsChange {
  /** The section as it is now. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly changed: readonly ChangedKey[]
}

/** `app.settings`: what can be changed while the gateway runs. */
export interface Settings {
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
  /** Those of earlier runs that are in force. */
  readonly overrides: readonly Override[]
  /** Keeps overrides for the next start. */
  readonly save: (overrides: readonly Override[]) => Promise<void>
  /** Tells living parts of a configuration. */
  readonly apply: (config: Config) => void
}

/** Settings that begin with the overrides of earlier runs, which are applied at once. Changes wait for each other. */
export const settings = ({ file, save, apply, ...initial }: SettingsOptions): Settings => {
  let overrides = initial.overrides
  let config = withOverrides(file, overrides)
  const inTurn = serially()
  apply(config)

  const commit = async (next: readonly Override[]): Promise<void> => {
    const changed = withOverrides(file, next)
    await saved(save(next))
    try {
      apply(changed)
    } catch (error) {
      apply(config)
      await saved(save(overrides))
      throw error
    }
    overrides = next
    config = changed
  }

  const move = async (
    name: SectionName,
    nextOf: (before: readonly Override[]) => readonly Override[],
  ): Promise<SettingsChange> => {
    const section = runtimeSections[name]
    const before = config
    const next = nextOf(overrides)
    if (!isSame(next, overrides)) await commit(next)
    return { settings: settingsOf(config, section), changed: changedKeys(before, config, section) }
  }

  return {
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

const saved = async (saving: Promise<void>): Promise<void> => {
  try {
    await saving
  } catch (cause) {
    const { message } = cause as Error
    throw new GatewayError('EG_CONFIG_NOT_SAVED', `nothing was changed, for it could not be saved: ${message}`, {
      cause,
    })
  }
}
