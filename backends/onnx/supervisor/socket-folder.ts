import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The kernel's limit is 108 bytes (104 on macOS), with a socket's name and a final zero. */
const maxFolderBytes = 88

/** Makes a folder for sockets that only this user can enter; in /tmp where the folder for temporary files is too deep. */
export const socketFolder = (temporary: string = tmpdir()): Promise<string> => {
  const prefix = join(temporary, 'embedgate-')
  const suffixChars = 6
  return mkdtemp(Buffer.byteLength(prefix) + suffixChars <= maxFolderBytes ? prefix : '/tmp/embedgate-')
}
