import { createServer } from 'node:net'

/** Listens on an address for a moment: the error that says why it cannot be had, or undefined. */
export const tryAddress = (host: string, port: number): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
