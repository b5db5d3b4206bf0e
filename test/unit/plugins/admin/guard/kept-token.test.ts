import { describe, expect, it } from 'vitest'
import { withResolvers, type Resolvers } from '../../../../../gateway/core/with-resolvers.ts'
import { fakeClock } from '../../../../../gateway/testing/index.ts'
import { keptToken, tokenLimitMs } from '../../../../../plugins/admin/guard/kept-token.ts'

/** A token whose file answers when the test says so. */
const living = () => {
  const clock = fakeClock()
  const said: string[] = []
  const say = (_fields: object, message: string): void => void said.push(message)
  const reads: Resolvers<string>[] = []
  const read = (): Promise<string> => {
    const next = withResolvers<string>()
    reads.push(next)
    return next.promise
  }
  const token = keptToken({ read, clock, log: { debug: say, info: say, warn: say, error: say } })
  /** What asking comes to. */
  const ask = () => token().catch((error: unknown) => (error as Error).message)
  return { clock, said, reads, ask }
}

describe('the kept token', () => {
  it('is read once, for all who ask', async () => {
    const { reads, ask, clock } = living()
    const both = [ask(), ask()]
    reads[0]?.resolve('secret')
    expect([await Promise.all(both), await ask()]).toEqual([['secret', 'secret'], 'secret'])
    expect([reads.length, clock.pending]).toEqual([1, 0])
  })

  it('is read again after a failure, which the log tells once', async () => {
    const { reads, ask, said } = living()
    const both = [ask(), ask()]
    reads[0]?.reject(new Error('EACCES'))
    expect(await Promise.all(both)).toEqual(['EACCES', 'EACCES'])
    expect(said).toEqual([expect.stringContaining('there is no admin token')])
    const again = ask()
    reads[1]?.resolve('secret')
    expect(await again).toBe('secret')
  })

  it('keeps nobody waiting for a disk that hangs, and holds one thread of it however many ask', async () => {
    const { clock, reads, ask, said } = living()
    const first = ask()
    await clock.advance(tokenLimitMs)
    expect(await first).toContain('does not answer')
    for (let count = 0; count < 10; count += 1) expect(await ask()).toContain('does not answer')
    expect([reads.length, said.length, clock.pending]).toEqual([1, 1, 0])
  })

  it('is there once the disk answers', async () => {
    const { clock, reads, ask } = living()
    const first = ask()
    await clock.advance(tokenLimitMs)
    await first
    reads[0]?.resolve('secret')
    await clock.advance(0)
    expect(await ask()).toBe('secret')
  })

  it('is tried again when the disk has answered with an error', async () => {
    const { clock, reads, ask } = living()
    const first = ask()
    await clock.advance(tokenLimitMs)
    await first
    reads[0]?.reject(new Error('EIO'))
    await clock.advance(0)
    const again = ask()
    reads[1]?.resolve('secret')
    expect(await again).toBe('secret')
  })
})
