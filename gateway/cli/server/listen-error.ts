import { GatewayError } from '../../core/errors.ts'

/** Why an address cannot be listened on, as `EG_PORT_IN_USE` with what to do; other errors stay as they are. */
export const listenError = (error: unknown, host: string, port: number): unknown => {
  const reason = reasons[(error as NodeJS.ErrnoException).code ?? '']?.(host, port)
  return reason === undefined ? error : new GatewayError('EG_PORT_IN_USE', reason, { cause: error })
}

const another =
  'Choose another with `embedgate serve --port N` (0 picks a free one), or `server.port` in the configuration.'

const reasons: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) => `port ${port} of ${host} is in use by another program.\n${another}`,
  EACCES: (host, port) => `this user may not listen on port ${port} of ${host}.\n${another}`,
  EADDRNOTAVAIL: (host) =>
    `${host} is not an address of this machine.\nChoose one with \`embedgate serve --host H\`, or \`server.host\` in the configuration.`,
  ENOTFOUND: (host) =>
    `${host} is not a known host name.\nChoose an address with \`embedgate serve --host H\`, or \`server.host\` in the configuration.`,
}
