import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { simulate } from './simulate.ts'

const root = join(import.meta.dirname, '../..')

describe('simulated histories', () => {
  it('keep every invariant', { timeout: 300_000 }, async () => {
    const failed: string[] = []
    for (let seed = 1; seed <= 200; seed++) {
      for (const { invariant, what } of (await simulate(seed)).breaches) failed.push(`${seed}: ${invariant}: ${what}`)
    }
    expect(failed).toEqual([])
  })

  it('are the same for the same seed', async () => {
    const told = async (): Promise<string[]> => {
      const lines: string[] = []
      await simulate(7, { tell: (line) => lines.push(line) })
      return lines
    }
    const first = await told()
    expect(first.length).toBeGreaterThan(100)
    expect(await told()).toEqual(first)
  })

  it('put together the gateway that app.ts puts together', () => {
    const world = readFileSync(join(root, 'test/simulation/world.ts'), 'utf8')
    const app = readFileSync(join(root, 'gateway/app.ts'), 'utf8')
    const plugins = [...app.matchAll(/^import \w+ from '\.\.\/((?:plugins|store)\/[^']+)'/gm)].map(
      ([, path]) => path ?? '',
    )
    expect(plugins).toContain('plugins/timeouts/index.ts')
    expect(plugins.filter((path) => !leftOut.has(path) && !world.includes(path))).toEqual([])
  })
})

/** What is about HTTP or the process, or only watches, or is in force only when an operator or a benchmark says so. */
const leftOut = new Set([
  'plugins/admin/index.ts',
  'plugins/admin/api/index.ts',
  'plugins/admin/settings/index.ts',
  'plugins/auth/index.ts',
  'plugins/docs/index.ts',
  'plugins/health/index.ts',
  'plugins/logging/index.ts',
  'plugins/metrics/index.ts',
  'plugins/metrics/unmeasured.ts',
  'plugins/pressure/index.ts',
  'plugins/proxy/index.ts',
  'plugins/status/index.ts',
  'plugins/tracing/index.ts',
])
