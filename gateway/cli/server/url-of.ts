import type { FastifyInstance } from 'fastify'

/**
 * Where a person on this machine reaches a listener: one on all addresses is also on loopback.
 *
 * @param configured where it was told to listen
 */
export const urlOf = (
  { server }: Pick<FastifyInstance, 'server'>,
  configured: { readonly host: string; readonly port: number },
): string => {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : configured.port
  const host = configured.host === '0.0.0.0' || configured.host === '::' ? '127.0.0.1' : configured.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
