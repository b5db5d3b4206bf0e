import { bearerOf } from '../../gateway/core/bearer.ts'
import type { Priority } from '../../gateway/core/call.ts'
import type { Clock } from '../../gateway/core/clock.ts'
import { GatewayError } from '../../gateway/core/errors.ts'
import type { Identity } from '../../gateway/core/identity.ts'
import { keyring } from './keys.ts'
import { keyQuota, type KeyQuota, type QuotaLimits } from './quota.ts'

/** A bearer key as the configuration has it. */
export interface KeyEntry extends QuotaLimits {
  readonly name: string
  /** Hex SHA-256 of the key. */
  readonly sha256: string
  readonly tenant: string
  readonly priority: Priority
}

/** A key with its limits. */
export interface Holder {
  readonly identity: Identity
  readonly quota?: KeyQuota
}

/** Tells who presents an `Authorization` header. @throws GatewayError `EG_AUTH_MISSING`, `EG_AUTH_INVALID` */
export const holders = (clock: Clock, keys: readonly KeyEntry[]): ((authorization: string | undefined) => Holder) => {
  const find = keyring(keys.map((key) => [key.sha256, holderOf(clock, key)] as const))
  return (authorization) => {
    const key = bearerOf(authorization)
    if (key === undefined) throw new GatewayError('EG_AUTH_MISSING', 'send your key as Authorization: Bearer <key>')
    const holder = find(key)
    if (holder === undefined) throw new GatewayError('EG_AUTH_INVALID', 'this key is not known here')
    return holder
  }
}

const holderOf = (clock: Clock, key: KeyEntry): Holder => {
  const quota = keyQuota(clock, key)
  const { name, tenant, priority } = key
  const tokens = quota?.tokens
  return {
    identity: { name, tenant, priority, ...(tokens && { quota: tokens }) },
    ...(quota && { quota }),
  }
}
