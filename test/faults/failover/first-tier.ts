import type { GatewayProcess } from '../../../bench/servers/gateway-process.ts'

/** The names of both tiers in the configuration. */
export const [firstTier, secondTier] = ['first', 'cpu'] as const

/** The first tier of a chain, as a scenario loses it. */
export interface FirstTier {
  /** Its entry in the configuration. */
  readonly entry: Readonly<Record<string, unknown>>
  /** Breaks it. */
  lose(gateway: GatewayProcess): void | Promise<void>
  /** Repairs it; undefined when the gateway does. */
  mend?(): void | Promise<void>
  /** Requests of the load that it has counted itself; undefined when it counts none. */
  calls?(): number
  stop(): Promise<void>
}

/** One way to lose a first tier. */
export interface Scenario {
  /** For people and the command line. */
  readonly name: string
  /** Whether it is lost at once, and not after time-outs of seconds. */
  readonly isQuick: boolean
  start(): Promise<FirstTier>
}
