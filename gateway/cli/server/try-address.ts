import { createServer } from 'node:net'
import { listenAddress } from './listen-address.ts'

/** Listens on the address of a host for a moment: the error that says why it cannot be had, or undefined. */
export const tryAddress = async (host: string, port: number): Promise<NodeJS.ErrnoException | undefined> => {
  try {
    await listenOnce(await listenAddress(host), port)
    return undefined
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}

const listenOnce = (address: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve()))
  })
