import { GatewayError, type ErrorCode } from '../../core/errors.ts'

/** The section of the configuration that says where a listener listens. */
export type ListenerSection = 'server' | 'admin'

/**
 * Why an address cannot be listened on, with what to do: `EG_PORT_IN_USE` where another port helps, `EG_CONFIG_INVALID` where the
 * host is none of this machine's; other errors stay as they are.
 */
export const listenError = (error: unknown, section: ListenerSection, host: string, port: number): unknown => {
  const remedy = remedies[section]
  switch ((error as NodeJS.ErrnoException).code ?? '') {
    case 'EADDRINUSE':
      return refusal('EG_PORT_IN_USE', `port ${port} of ${host} is in use already.\n${remedy.port}`, error)
    case 'EACCES':
      return refusal('EG_PORT_IN_USE', `this user may not listen on port ${port} of ${host}.\n${remedy.port}`, error)
    case 'EADDRNOTAVAIL':
      return refusal('EG_CONFIG_INVALID', `${host} is not an address of this machine.\n${remedy.host}`, error)
    case 'ENOTFOUND':
      return refusal('EG_CONFIG_INVALID', `${host} is not a known host name.\n${remedy.host}`, error)
    default:
      return error
  }
}

const refusal = (code: ErrorCode, reason: string, cause: unknown): GatewayError =>
  new GatewayError(code, reason, { cause })

const remedies: Readonly<Record<ListenerSection, { readonly port: string; readonly host: string }>> = {
  server: {
    port: 'Choose another with `embedgate serve --port N` (0 picks a free one), or `server.port` in the configuration.',
    host: 'Choose one with `embedgate serve --host H`, or `server.host` in the configuration.',
  },
  admin: {
    port: 'It is for the admin listener: choose another with `embedgate serve --admin-port N` (0 picks a free one), or `admin.port` in the configuration.',
    host: 'Choose one with `admin.host` in the configuration.',
  },
}
