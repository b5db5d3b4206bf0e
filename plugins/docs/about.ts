import type { RouteDescription } from '../../gateway/core/route-description.ts'

/** What an API document says of the API as a whole. */
export interface ApiAbout {
  readonly title: string
  /** Markdown. */
  readonly description: string
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  /** false: a key is understood, and not needed. */
  readonly needsKey: boolean
  /** What is answered about keys. */
  readonly keyErrors: NonNullable<RouteDescription['errors']>
}

/** The public listener. */
export const publicApi = (needsKey: boolean): ApiAbout => ({
  title: 'Embedgate',
  description: `The gateway for text embeddings.

Every answer has \`x-request-id\`, and answers with vectors say in headers where these came from. Errors have one shape
and stable codes. Besides those listed for each operation: a path that does not exist is 404 \`EG_ROUTE_UNKNOWN\`, a
method that a path does not take 405 \`EG_METHOD\` with \`allow\`.`,
  tags: [
    { name: 'embeddings', description: 'Texts in, vectors out: three APIs over one path.' },
    { name: 'models', description: 'What is served.' },
    { name: 'operating', description: 'For probes, Prometheus and people.' },
  ],
  needsKey,
  keyErrors: {
    EG_AUTH_MISSING: { message: 'send your key as Authorization: Bearer <key>' },
    EG_AUTH_INVALID: { message: 'this key is not known here' },
    EG_RATE_LIMITED: { message: 'this key is limited to 1 requests a minute' },
  },
})

/** The admin listener. */
export const adminApi: ApiAbout = {
  title: 'Embedgate, for operators',
  description: `What operators see and change. Reading is open on loopback; every change needs the admin token, a JSON
content type and a Host header that the listener knows, and is written into the log.`,
  tags: [
    { name: 'looking', description: 'How it is.' },
    { name: 'changing', description: 'Backends, breakers, stored results.' },
    { name: 'settings', description: 'What can be changed while the gateway runs; kept across restarts.' },
  ],
  needsKey: false,
  keyErrors: {
    EG_AUTH_MISSING: null,
    EG_AUTH_INVALID: null,
    EG_AUTH_FORBIDDEN: null,
    EG_MEDIA_TYPE: null,
    EG_RATE_LIMITED: null,
  },
}
