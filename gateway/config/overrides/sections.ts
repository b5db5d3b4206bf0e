import type { Config } from '../schema.ts'

/** A part of the configuration that can be changed while the gateway runs. */
export interface RuntimeSection {
  /** The section of the file. */
  readonly key: 'breaker' | 'retry' | 'batching' | 'telemetry'
  /** The keys of it that can be changed; all by default. */
  readonly only?: readonly string[]
}

/** What can be changed while the gateway runs, by its name in `/admin/config`. */
export const runtimeSections = {
  'circuit-breaker': { key: 'breaker' },
  retry: { key: 'retry' },
  batching: { key: 'batching' },
  log: { key: 'telemetry', only: ['logLevel'] },
} as const satisfies Record<string, RuntimeSection>

/** The name of a section in `/admin/config`. */
export type SectionName = keyof typeof runtimeSections

/** What a configuration says of a section: the keys that can be changed. */
export const settingsOf = (config: Config, section: RuntimeSection): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(config[section.key]).filter(([name]) => isChangeable(section, name)))

/** Whether a key of a section can be changed while the gateway runs. */
export const isChangeable = ({ only }: RuntimeSection, name: string): boolean => only?.includes(name) ?? true

/** Whether a path such as `breaker.burst.failures` belongs to a section. */
export const isWithin = (section: RuntimeSection, path: string): boolean => {
  const [key, name = ''] = path.split('.')
  return key === section.key && isChangeable(section, name)
}
