import { existsSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { tryAddress } from '../server/try-address.ts'
import type { Finding } from './finding.ts'
import { lookAtFolder } from './writable-folder.ts'

/** Enough for a downloaded model and what is kept across restarts. */
const enoughBytes = 1e9

/** Whether the folder for what outlives the process can be written, and how much room it has. */
export const dataDirFinding = async (dataDir: string): Promise<Finding> => {
  let folder = resolve(dataDir)
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder)
  const says = `${resolve(dataDir)}${folder === resolve(dataDir) ? '' : ' (not there yet)'}`
  const fault = await lookAtFolder(dataDir)
  if (fault !== undefined) {
    return { about: 'dataDir', says: `${says}: ${fault}`, state: 'no', advice: 'set dataDir to another folder' }
  }
  const { bavail, bsize } = statfsSync(folder)
  const freeBytes = bavail * bsize
  const ok = freeBytes >= enoughBytes
  const room = `${(freeBytes / 1e9).toFixed(1)} GB free`
  return {
    about: 'dataDir',
    says: `${says}: ${room}`,
    state: ok ? 'ok' : 'no',
    ...(!ok && { advice: 'make room for models and caches' }),
  }
}

/** Whether an address is free to listen on; `flag` of `serve` chooses another port. */
export const portFinding = async (host: string, port: number, flag: '--port' | '--admin-port'): Promise<Finding> => {
  const about = `port ${port}`
  const error = await tryAddress(host, port)
  if (error === undefined) return { about, says: `free on ${host}`, state: 'ok' }
  const advice = `choose another with ${flag}, or stop the program that has it`
  return { about, says: `${error.code ?? error.message} on ${host}`, state: 'no', advice }
}
