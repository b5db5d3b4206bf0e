import { createRequire } from 'node:module'

/** The version of this package, from its package.json wherever it was compiled to. */
export const packageVersion: string = (
  createRequire(import.meta.url)('embedgate/package.json') as { readonly version: string }
).version
