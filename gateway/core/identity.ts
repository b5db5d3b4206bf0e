import type { Priority } from './call.ts'

/** Who asks: what the key of a request says. Requests of one key share one object. */
export interface Identity {
  /** The configured name of the key. */
  readonly name: string
  /** Whose cache entries, turns and metrics the request belongs to. */
  readonly tenant: string
  /** The class of requests that name none. */
  readonly priority: Priority
  /** Undefined: tokens are not limited. */
  readonly quota?: TokenQuota
}

/** How many tokens a key may still ask for. */
export interface TokenQuota {
  /**
   * Takes `tokens`, an estimate, before anything is computed.
   *
   * @throws GatewayError `EG_RATE_LIMITED` with the time until there are enough
   */
  charge(tokens: number): void
  /** Corrects a charge when the count is known; `usedTokens` is 0 when nothing was answered. */
  settle(chargedTokens: number, usedTokens: number): void
}

/** Who asks without a key where keys are configured: on open paths, and at the door. Belongs to no tenant. */
export const stranger: Identity = { name: 'stranger', tenant: '', priority: 'interactive' }

/** Who asks when no keys are configured. */
export const anybody: Identity = { name: 'anybody', tenant: 'default', priority: 'interactive' }
