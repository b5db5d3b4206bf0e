import { describe, expect, it } from 'vitest'
import { memoryInUseBytes, memoryLimit, type ReadFile } from '../../../../plugins/pressure/memory.ts'
import { memoryHealth } from '../../../../plugins/health/process.ts'

const files =
  (contents: Record<string, string>): ReadFile =>
  (path) =>
    contents[path]

describe('memoryLimit', () => {
  it.each([
    ['version 2', { '/sys/fs/cgroup/memory.max': '1000' }, { bytes: 1000, source: 'cgroup' }],
    ['version 1', { '/sys/fs/cgroup/memory/memory.limit_in_bytes': '1000' }, { bytes: 1000, source: 'cgroup' }],
    ['no limit', { '/sys/fs/cgroup/memory.max': 'max' }, { bytes: 5000, source: 'machine' }],
    [
      'no limit in version 1',
      { '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712' },
      { bytes: 5000, source: 'machine' },
    ],
    ['no cgroup', {}, { bytes: 5000, source: 'machine' }],
  ])('reads a cgroup with %s', (_what, contents, expected) => {
    expect(memoryLimit(files(contents as Record<string, string>), 5000)).toEqual(expected)
  })
})

describe('memoryInUseBytes', () => {
  it('counts all processes of the cgroup, less pages that the kernel can drop', () => {
    const read = files({
      '/sys/fs/cgroup/memory.current': '900',
      '/sys/fs/cgroup/memory.stat': 'anon 500\ninactive_file 300\nactive_file 100',
    })
    expect(memoryInUseBytes({ bytes: 1000, source: 'cgroup' }, read)).toBe(600)
  })

  it('is the resident set where there is no cgroup limit', () => {
    expect(memoryInUseBytes({ bytes: 1000, source: 'machine' }, files({}))).toBeGreaterThan(1e6)
  })
})

describe('memoryHealth', () => {
  it('is not ok from nine tenths of the limit', () => {
    expect(memoryHealth(899, 1000, 'cgroup').ok).toBe(true)
    expect(memoryHealth(900, 1000, 'cgroup')).toMatchObject({ ok: false, detail: '90 % of the memory limit is in use' })
  })
})
