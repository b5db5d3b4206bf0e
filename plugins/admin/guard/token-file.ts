import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from '../../../gateway/config/make-folder.ts'

/**
 * The token in a file, which is made, for this user alone, when there is none. Whole or not at all, and never over the token of
 * another process that starts at the same time.
 *
 * @throws Error when the file cannot be made or read, or is empty
 */
export const tokenIn = async (path: string): Promise<string> => {
  const known = await readToken(path)
  if (known !== undefined) return known
  await makeFolder(dirname(path))
  const fresh = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(fresh, `eg-admin-${randomBytes(32).toString('base64url')}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    })
    await link(fresh, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(fresh, { force: true })
  }
  const made = await readToken(path)
  if (made === undefined) throw new Error(`${path} was removed while it was made`)
  return made
}

const readToken = async (path: string): Promise<string | undefined> => {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const token = text.trim()
  if (token === '') throw new Error(`${path} is empty: delete it`)
  return token
}
