/** What an API document says of the API as a whole. */
export interface ApiAbout {
  readonly title: string
  /** Markdown. */
  readonly description: string
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  /** false: a key is understood, and not needed. */
  readonly needsKey: boolean
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
})
