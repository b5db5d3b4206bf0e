import { lookup } from 'node:dns/promises'

/**
 * The address of a host to listen on. Of several it is an IPv4 one: who calls `localhost` tries all of its addresses, who calls
 * `127.0.0.1` only that one.
 *
 * @throws an error with the code `ENOTFOUND` when there is none
 */
export const listenAddress = async (host: string): Promise<string> => {
  const { address } = await lookup(host, { order: 'ipv4first' })
  return address
}
