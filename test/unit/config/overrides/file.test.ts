import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overridesPath, readOverrides, writeOverrides } from '../../../../gateway/config/overrides/file.ts'
import type { Override } from '../../../../gateway/config/overrides/override.ts'
import { temporaryFolder } from '../../plugins/admin/gateway.ts'
import { failingDisk } from './failing-disk.ts'

const override = (value: number): Override => ({
  key: 'breaker.burst.failures',
  value,
  fileValue: 5,
  by: 'admin',
  from: '127.0.0.1',
  requestId: 'req_1',
  at: '2026-11-22T01:00:00.000Z',
})
const valuesIn = async (path: string) => (await readOverrides(path)).overrides.map(({ value }) => value)

describe('the file of overrides', () => {
  it('holds none when it was never written', async () => {
    expect(await readOverrides(overridesPath(temporaryFolder()))).toEqual({ overrides: [], warnings: [] })
  })

  it('gives back what was written, in a folder that need not be there, for this user alone', async () => {
    const path = join(temporaryFolder(), 'data', 'overrides.json')
    await writeOverrides(path, [override(3)])
    expect(await readOverrides(path)).toEqual({ overrides: [override(3)], warnings: [] })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(path, '..')).sort()).toEqual(['overrides.json', 'overrides.json.last-good'])
  })

  it('holds, wherever a write is cut off, what it held before, and otherwise what was written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { maxLength: 4 }), fc.nat(9), fc.nat(6), async (before, after, steps) => {
        const path = overridesPath(temporaryFolder())
        for (const value of before) await writeOverrides(path, [override(value)])
        const isWhole = await writeOverrides(path, [override(after)], failingDisk(steps)).then(
          () => true,
          () => false,
        )
        const old = before.slice(-1)
        expect((await readOverrides(path)).warnings).toEqual([])
        expect(await valuesIn(path)).toEqual(isWhole ? [after] : old)
      }),
      { numRuns: 150 },
    )
  })

  it.each([
    ['is cut off', (text: string) => text.slice(0, -20)],
    ['has been edited', (text: string) => text.replace('"value": 4', '"value": 9')],
    ['is empty', () => ''],
    ['is something else', () => '{"overrides": 7}'],
    ['is a list', () => '[]'],
  ])('is passed over for the copy beside it when it %s, with a warning', async (_how, damage) => {
    const path = overridesPath(temporaryFolder())
    await writeOverrides(path, [override(4)])
    writeFileSync(path, damage(readFileSync(path, 'utf8')))
    const { overrides, warnings } = await readOverrides(path)
    expect(overrides).toEqual([override(4)])
    expect(warnings).toEqual([expect.stringContaining('overrides.json is not used: ')])
  })

  it('holds none, and says so twice, when the copy is damaged as well', async () => {
    const path = overridesPath(temporaryFolder())
    for (const file of [path, `${path}.last-good`]) writeFileSync(file, 'x')
    const { overrides, warnings } = await readOverrides(path)
    expect([overrides, warnings.length]).toEqual([[], 2])
  })

  it('holds none once it is removed', async () => {
    const path = overridesPath(temporaryFolder())
    await writeOverrides(path, [override(4)])
    rmSync(path)
    expect(await readOverrides(path)).toEqual({ overrides: [], warnings: [] })
  })

  it('leaves nothing behind when a write fails', async () => {
    const path = overridesPath(temporaryFolder())
    await writeOverrides(path, [override(4)])
    const disk = { ...failingDisk(2), remove: (file: string) => Promise.resolve(rmSync(file, { force: true })) }
    await expect(writeOverrides(path, [override(5)], disk)).rejects.toThrow('no space left')
    expect(readdirSync(join(path, '..'))).toHaveLength(2)
  })
})
