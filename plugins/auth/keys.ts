import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A key as it is shown once, and what the configuration keeps of it. */
export interface NewKey {
  /** `eg-` and 32 random bytes in base64url. */
  readonly key: string
  /** Hex SHA-256 of `key`: 256 random bits need no slow hash. */
  readonly sha256: string
}

/** Makes a key that nobody has seen. */
export const newKey = (): NewKey => {
  const key = `eg-${randomBytes(32).toString('base64url')}`
  return { key, sha256: digestOf(key).toString('hex') }
}

/**
 * Finds what belongs to a presented key. Every known key is compared, in constant time and without an early exit, so that
 * time tells nothing about which one was close.
 *
 * @param entries what belongs to each key, by hex SHA-256
 */
export const keyring = <T>(entries: readonly (readonly [sha256: string, T])[]): ((key: string) => T | undefined) => {
  const known = entries.map(([sha256, value]) => ({ digest: Buffer.from(sha256, 'hex'), value }))
  return (key) => {
    const presented = digestOf(key)
    let found: T | undefined
    for (const { digest, value } of known) if (timingSafeEqual(digest, presented)) found ??= value
    return found
  }
}

const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest()
