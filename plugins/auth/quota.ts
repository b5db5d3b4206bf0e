import type { Clock } from '../../gateway/core/clock.ts'
import { GatewayError } from '../../gateway/core/errors.ts'
import type { TokenQuota } from '../../gateway/core/identity.ts'
import { tokenBucket, type TokenBucket } from './token-bucket.ts'

/** What a key may ask for in a minute. */
export interface QuotaLimits {
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
}

/** The limits of one key at work. */
export interface KeyQuota {
  /** Takes one request. @throws GatewayError `EG_RATE_LIMITED` */
  admit(): void
  /** Undefined: tokens are not limited. */
  readonly tokens?: TokenQuota
  /** `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` as OpenAI sends them, for the limits there are. */
  headers(): Record<string, string>
}

/** The quota of a key; undefined when nothing limits it. */
export const keyQuota = (clock: Clock, limits: QuotaLimits): KeyQuota | undefined => {
  const { requestsPerMinute, tokensPerMinute } = limits
  if (requestsPerMinute === undefined && tokensPerMinute === undefined) return undefined
  const requests = requestsPerMinute === undefined ? undefined : tokenBucket(clock, requestsPerMinute)
  const tokens = tokensPerMinute === undefined ? undefined : tokenBucket(clock, tokensPerMinute)
  return {
    admit: () => {
      if (requests) takeOrThrow(requests, 1, `${requestsPerMinute} requests a minute`)
    },
    ...(tokens && {
      tokens: {
        charge: (cost: number) => takeOrThrow(tokens, cost, `${tokensPerMinute} tokens a minute`),
        settle: (charged: number, used: number) => tokens.give(charged - used),
      },
    }),
    headers: () => ({
      ...(requests && levelHeaders('requests', requestsPerMinute, requests)),
      ...(tokens && levelHeaders('tokens', tokensPerMinute, tokens)),
    }),
  }
}

const takeOrThrow = (bucket: TokenBucket, cost: number, limit: string): void => {
  const retryAfterMs = bucket.take(cost)
  if (retryAfterMs === 0) return
  throw new GatewayError('EG_RATE_LIMITED', `this key is limited to ${limit}`, { retryAfterMs })
}

const levelHeaders = (unit: string, limit: number | undefined, bucket: TokenBucket): Record<string, string> => ({
  [`x-ratelimit-limit-${unit}`]: String(limit),
  [`x-ratelimit-remaining-${unit}`]: String(bucket.remaining()),
  [`x-ratelimit-reset-${unit}`]: spanOf(bucket.fullInMs()),
})

/** A time span as OpenAI writes it: `20ms`, `1.5s`, `6m0s`. */
export const spanOf = (ms: number): string => {
  if (ms < 1000) return `${ms}ms`
  if (ms < 60_000) return `${ms / 1000}s`
  return `${Math.floor(ms / 60_000)}m${(ms % 60_000) / 1000}s`
}
