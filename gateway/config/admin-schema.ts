import { Type } from 'typebox'

/** The listener of operators. */
export const AdminConfig = Type.Object(
  {
    host: Type.String({
      default: '127.0.0.1',
      description: 'Address to listen on. Off loopback a token must be given, and then reading needs it too.',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65535,
      default: 8081,
      description: 'Port to listen on; 0 picks a free one.',
    }),
    token: Type.String({
      pattern: '^([!-~]{16,})?$',
      default: '',
      description: 'Wanted for every change. Empty: made at the first start, and kept in `dataDir/admin-token`.',
    }),
    hosts: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'Host names, besides `localhost`, `admin.host` and IP addresses, that requests may be sent to.',
    }),
  },
  { additionalProperties: false },
)
