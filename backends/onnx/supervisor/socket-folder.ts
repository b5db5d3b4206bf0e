import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderPrefix, removeStaleFolders } from './stale-folders.ts'

/** A folder for the sockets of workers. */
export interface SocketFolder {
  readonly path: string
  /** Removes it with all that is in it. */
  remove(): Promise<void>
}

/** The kernel's limit is 108 bytes (104 on macOS), with a socket's name and a final zero. */
const maxFolderBytes = 88
/** What `mkdtemp` adds. */
const suffixChars = 6
/** Answers as long as the gateway lives, whatever its workers do; shorter than the longest name of a socket. */
const ownSocket = 'owner.sock'

/**
 * Makes a folder for sockets that only this user can enter, in /tmp where the folder for temporary files is too deep, and
 * marks it as in use by a socket of its own. Meanwhile folders that killed gateways have left there are removed.
 */
export const socketFolder = async (temporary: string = tmpdir()): Promise<SocketFolder> => {
  const isTooDeep = Buffer.byteLength(join(temporary, folderPrefix)) + suffixChars > maxFolderBytes
  const parent = isTooDeep ? '/tmp' : temporary
  // Nobody waits for it, and what cannot be removed now may be next time.
  removeStaleFolders(parent).catch(() => {})
  const path = await mkdtemp(join(parent, folderPrefix))
  const owner = createServer((connection) => connection.destroy())
  try {
    await once(owner.listen(join(path, ownSocket)), 'listening')
  } catch (error) {
    await rm(path, { recursive: true, force: true })
    throw error
  }
  owner.unref()
  // A connection that cannot be accepted: there are no descriptors left.
  owner.on('error', () => {})
  return {
    path,
    async remove() {
      owner.close()
      await rm(path, { recursive: true, force: true })
    },
  }
}
