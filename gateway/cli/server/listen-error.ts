import { GatewayError } from '../../core/errors.ts'

/** The section of the configuration that says where a listener listens. */
export type ListenerSection = 'server' | 'admin'

/** Why an address cannot be listened on, as `EG_PORT_IN_USE` with what to do; other errors stay as they are. */
export const listenError = (error: unknown, section: ListenerSection, host: string, port: number): unknown => {
  const reason = reasons[(error as NodeJS.ErrnoException).code ?? '']?.(host, port, section)
  return reason === undefined ? error : new GatewayError('EG_PORT_IN_USE', reason, { cause: error })
}

const remedies: Readonly<Record<ListenerSection, { readonly port: string; readonly host: string }>> = {
  server: {
    port: 'Choose another with `embedgate serve --port N` (0 picks a free one), or `server.port` in the configuration.',
    host: '`embedgate serve --host H`, or `server.host` in the configuration.',
  },
  admin: {
    port: 'It is for the admin listener: choose another with `embedgate serve --admin-port N` (0 picks a free one), or `admin.port` in the configuration.',
    host: '`admin.host` in the configuration.',
  },
}

const reasons: Readonly<Record<string, (host: string, port: number, section: ListenerSection) => string>> = {
  EADDRINUSE: (host, port, section) => `port ${port} of ${host} is in use already.\n${remedies[section].port}`,
  EACCES: (host, port, section) => `this user may not listen on port ${port} of ${host}.\n${remedies[section].port}`,
  EADDRNOTAVAIL: (host, _port, section) =>
    `${host} is not an address of this machine.\nChoose one with ${remedies[section].host}`,
  ENOTFOUND: (host, _port, section) =>
    `${host} is not a known host name.\nChoose an address with ${remedies[section].host}`,
}
