import type { Server } from './server.ts'

/**
 * Starts servers one after the other, uses them, and stops them whatever happens.
 */
export const withServers = async <Servers extends readonly Server[], Result>(
  starts: { readonly [Index in keyof Servers]: () => Promise<Servers[Index]> },
  use: (...servers: Servers) => Promise<Result>,
): Promise<Result> => {
  const running: Server[] = []
  try {
    for (const start of starts) running.push(await start())
    return await use(...(running as unknown as Servers))
  } finally {
    await Promise.all(running.map((server) => server.stop()))
  }
}
