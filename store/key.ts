import { createHash, hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { GatewayError } from '../gateway/core/errors.ts'
import type { SpaceId } from '../gateway/core/space.ts'
import type { ResultKey } from './store.ts'

/** Which keys: those of one space, of one tenant, or of one tenant in one space. */
export interface KeyScope {
  readonly space?: SpaceId
  readonly tenant?: string
}

/** The first part of all keys of one tenant in one space. The tenant is hashed: names stay out of stores. */
export const keyScope = (space: SpaceId, tenant: string): string =>
  `${space}:${createHash('sha256').update(tenant).digest('base64url').slice(0, 16)}:`

/**
 * The key of a text: its scope and the SHA-256 of its UTF-8 bytes, prompt applied.
 *
 * @throws GatewayError `EG_INPUT_NOT_WELL_FORMED`: UTF-8 has the same bytes for every lone surrogate, and so the same key
 */
export const resultKey = (scope: string, text: string): ResultKey => {
  if (!text.isWellFormed()) {
    throw new GatewayError('EG_INPUT_NOT_WELL_FORMED', 'a text has a surrogate without its pair', { param: 'input' })
  }
  return scope + hash('sha256', text, 'base64url')
}

/** Whether a key belongs to a scope. */
export const inScope = (key: ResultKey, { space, tenant }: KeyScope): boolean => {
  if (tenant === undefined) return space === undefined || key.startsWith(`${space}:`)
  if (space !== undefined) return key.startsWith(keyScope(space, tenant))
  return key.startsWith(keyScope('', tenant), key.indexOf(':'))
}

/** `keyScope`, remembering the last `max` scopes; tenants are configured, so that few are in use. */
export const rememberedScopes = (max = 1024): ((space: SpaceId, tenant: string) => string) => {
  const scopes = new LRUCache<string, string>({ max })
  return (space, tenant) => {
    const name = `${space}:${tenant}`
    const known = scopes.get(name)
    if (known !== undefined) return known
    const scope = keyScope(space, tenant)
    scopes.set(name, scope)
    return scope
  }
}
