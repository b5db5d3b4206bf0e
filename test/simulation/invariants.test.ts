import { afterEach, describe, expect, it, vi } from 'vitest'
import type * as Deadline from '../../gateway/core/deadline.ts'
import type * as Trusted from '../../store/trusted.ts'
import type * as Key from '../../store/key.ts'
import type * as Singleflight from '../../gateway/chain/singleflight.ts'
import type * as CacheLayer from '../../plugins/cache/cache-layer.ts'
import type { Mutation } from './mutation.ts'

/** Seeds that each mutation is given to show itself. */
const seeds = 40

/**
 * Plays seeds until something does not hold.
 *
 * @returns the names of what does not hold then
 */
const firstBreach = async (mutation: () => Promise<Mutation> | Mutation = () => ({})): Promise<string[]> => {
  // What was mocked is what these modules import, if they are imported now.
  vi.resetModules()
  const { simulate } = await import('./simulate.ts')
  const options = { mutation: await mutation() }
  for (let seed = 1; seed <= seeds; seed++) {
    const { breaches } = await simulate(seed, options)
    if (breaches.length > 0) return [...new Set(breaches.map(({ invariant }) => invariant))]
  }
  return []
}

/** Imported with the rest, because classes of errors are compared. */
const layers = () => import('./mutations/layers.ts')
const breakers = () => import('./mutations/breaker.ts')

afterEach(() => {
  vi.doUnmock('../../gateway/core/deadline.ts')
  vi.doUnmock('../../gateway/chain/validate.ts')
  vi.doUnmock('../../gateway/chain/singleflight.ts')
  vi.doUnmock('../../plugins/cache/cache-layer.ts')
  vi.doUnmock('../../store/key.ts')
  vi.doUnmock('../../store/trusted.ts')
  vi.doUnmock('../../store/acceptable.ts')
})

describe('an invariant breaks, and no other, when there is', { timeout: 300_000 }, () => {
  it('a deadline that is 50 ms late', async () => {
    vi.doMock('../../gateway/core/deadline.ts', async (original) => {
      const real = await original<typeof Deadline>()
      const deadlineAt: typeof real.deadlineAt = (clock, atMs) => ({
        atMs,
        remainingMs: () => Math.max(0, atMs + 50 - clock.now()),
      })
      return {
        deadlineAt,
        deadlineIn: (clock: Parameters<typeof deadlineAt>[0], ms: number) => deadlineAt(clock, clock.now() + ms),
      }
    })
    expect(await firstBreach()).toEqual(['one answer, in time'])
  })

  it('a check of rows that lets all pass', async () => {
    vi.doMock('../../gateway/chain/validate.ts', () => ({ validate: <T>(next: T): T => next }))
    // Whoever copies rows that are missing may throw besides.
    expect(await firstBreach()).toContain('right vectors')
  })

  it('a cache that does not hear of drifts', async () => {
    vi.doMock('../../store/trusted.ts', async (original) => {
      const real = await original<typeof Trusted>()
      const trustedStore: typeof real.trustedStore = (options) => ({
        ...real.trustedStore(options),
        distrust: () => {},
      })
      return { trustedStore }
    })
    expect(await firstBreach()).toEqual(['nothing of a drifted replica'])
  })

  it('a cache whose keys leave the tenant out', async () => {
    vi.doMock('../../store/key.ts', async (original) => {
      const real = await original<typeof Key>()
      return { ...real, rememberedScopes: () => (space: string) => real.keyScope(space, 'all') }
    })
    expect(await firstBreach()).toEqual(['tenants apart'])
  })

  it('a singleflight that leaves the tenant out', async () => {
    vi.doMock('../../gateway/chain/singleflight.ts', async (original) => {
      const real = await original<typeof Singleflight>()
      const { withoutTenant } = await import('./mutations/singleflight.ts')
      return { singleflight: withoutTenant(real.singleflight) }
    })
    expect(await firstBreach()).toEqual(['tenants apart'])
  })

  it('a cache that keeps results for twice as long', async () => {
    vi.doMock('../../plugins/cache/cache-layer.ts', async (original) => {
      const real = await original<typeof CacheLayer>()
      const cacheLayer: typeof real.cacheLayer = (options) => real.cacheLayer({ ...options, ttlMs: 2 * options.ttlMs })
      return { cacheLayer }
    })
    expect(await firstBreach()).toEqual(['honest sources'])
  })

  it('a store that gives cut rows to whoever wants none', async () => {
    vi.doMock('../../store/acceptable.ts', () => ({ isAcceptable: () => true }))
    expect(await firstBreach()).toEqual(['true usage'])
  })

  it('a retry that ignores its limit', async () => {
    expect(await firstBreach(async () => ({ 'tier.retry': (await layers()).stubbornRetry }))).toEqual(['bounded tries'])
  })

  it('a breaker that lets two probes through, but not with one that lets one', async () => {
    expect(await firstBreach(async () => ({ 'try.breaker': (await breakers()).admittingBreaker(2) }))).toEqual([
      'one probe',
    ])
    expect(await firstBreach(async () => ({ 'try.breaker': (await breakers()).admittingBreaker(1) }))).toEqual([])
  })

  it('a limit that once loses a place', async () => {
    expect(await firstBreach(async () => ({ 'try.limit': (await layers()).leakyLimit }))).toEqual(['nothing left'])
  })

  it('a breaker that never closes again', async () => {
    expect(await firstBreach(async () => ({ 'try.breaker': (await layers()).suspiciousBreaker }))).toEqual(['recovery'])
  })

  it('an observer that counts twice', async () => {
    expect(await firstBreach(async () => ({ 'request.observe': (await layers()).twice }))).toEqual(['true counters'])
  })

  it('an admission that refuses at will', async () => {
    expect(await firstBreach(async () => ({ 'request.admit': (await layers()).refusingAdmission }))).toEqual([
      'no refusal without a reason',
    ])
  })
})
