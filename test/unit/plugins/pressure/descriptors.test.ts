import { describe, expect, it } from 'vitest'
import { connectionLimit, descriptorLimit } from '../../../../plugins/pressure/descriptors.ts'

const limits = (soft: string) => () =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax processes             95000                95000                processes\nMax open files            ${soft}                 1048576              files\n`

describe('descriptors', () => {
  it('are limited as the kernel says, or as Node reports where it has no such file', () => {
    expect(descriptorLimit(limits('1024'))).toBe(1_024)
    expect(descriptorLimit(limits('unlimited'))).toBeUndefined()
    const none = () => {
      throw new Error('ENOENT')
    }
    expect(descriptorLimit(none, () => 256)).toBe(256)
  })

  it('are known on this machine', () => {
    expect(descriptorLimit()).toBeGreaterThan(0)
    expect(descriptorLimit(() => '')).toBe(descriptorLimit())
  })

  it.each([
    [undefined, 16_384],
    [1_048_576, 16_384],
    [20_000, 15_000],
    [1_024, 768],
    [256, 128],
  ])('of %s leave room for %i connections, and for workers, engines and files', (descriptors, connections) => {
    expect(connectionLimit(descriptors)).toBe(connections)
  })
})
