import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tokenIn } from '../../../../../plugins/admin/guard/token-file.ts'
import { temporaryFolder } from '../gateway.ts'

describe('the token file', () => {
  it('is made for this user alone, in a folder that need not be there', async () => {
    const path = join(temporaryFolder(), 'data', 'admin-token')
    const token = await tokenIn(path)
    expect(token).toMatch(/^eg-admin-[\w-]{43}$/)
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual([`${token}\n`, 0o600])
  })

  it('is kept', async () => {
    const path = join(temporaryFolder(), 'admin-token')
    expect(await tokenIn(path)).toBe(await tokenIn(path))
  })

  it('is one file for all that start at once, and nothing else is left', async () => {
    const folder = temporaryFolder()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tokenIn(join(folder, 'admin-token'))))
    expect(new Set(tokens).size).toBe(1)
    expect(readdirSync(folder)).toEqual(['admin-token'])
  })

  it('is not guessed at when it is empty', async () => {
    const path = join(temporaryFolder(), 'admin-token')
    writeFileSync(path, '\n')
    await expect(tokenIn(path)).rejects.toThrow('is empty: delete it')
  })
})
