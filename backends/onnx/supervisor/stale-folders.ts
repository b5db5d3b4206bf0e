import { createHash } from 'node:crypto'
import { lstat, readdir, rmdir, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** Folders for temporary files can be shared between machines, and a socket answers on its own machine only. */
const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

/** How the names of socket folders of this machine begin. */
export const folderPrefix = `embedgate-sockets-${machine}-`

/** A gateway listens some milliseconds after it has made its folder. */
const minAgeMs = 10_000

/**
 * Removes the socket folders of gateways that were killed: folders of this user on this machine in which no socket answers.
 * Sockets tell better than process ids, which are used again, and which mean nothing in another container.
 *
 * @param parent the folder that they are in
 */
export const removeStaleFolders = async (parent: string, nowMs: number = Date.now()): Promise<void> => {
  const names = await readdir(parent)
  for (const name of names.filter((each) => each.startsWith(folderPrefix))) {
    // Another gateway that starts now may be removing it too.
    await removeIfStale(join(parent, name), nowMs).catch(() => {})
  }
}

const removeIfStale = async (folder: string, nowMs: number): Promise<void> => {
  // Not `stat`: a link of that name may be anybody's, and lead anywhere.
  const found = await lstat(folder)
  if (!found.isDirectory() || found.uid !== process.getuid?.() || nowMs - found.mtimeMs < minAgeMs) return
  const paths = (await readdir(folder)).map((name) => join(folder, name))
  for (const path of paths) if (!(await isDeadSocket(path))) return
  await Promise.all(paths.map((path) => unlink(path)))
  // Fails when something has come into it meanwhile.
  await rmdir(folder)
}

const isDeadSocket = async (path: string): Promise<boolean> => {
  if (!(await lstat(path)).isSocket()) return false
  return new Promise((resolve) => {
    const connection = connect(path)
    const settle = (isDead: boolean): void => {
      connection.destroy()
      resolve(isDead)
    }
    connection.on('connect', () => settle(false))
    // A process whose backlog is full refuses with another code.
    connection.on('error', ({ code }: NodeJS.ErrnoException) => settle(code === 'ECONNREFUSED'))
  })
}
