import { resolve } from 'node:path'

/** The repository's root, seen from `dist/bench/`. */
export const packageRoot = resolve(import.meta.dirname, '../..')

/** A file of the compiled product, e.g. `gateway/main.js`. */
export const compiled = (path: string): string => resolve(import.meta.dirname, '..', path)
