import { join, resolve } from 'node:path'

/** The repository's root, seen from `dist/bench/`, or from `bench/` in tests, which run the source. */
export const packageRoot = resolve(import.meta.dirname, import.meta.filename.endsWith('.js') ? '../..' : '..')

/** A file of the compiled product, e.g. `gateway/main.js`. */
export const compiled = (path: string): string => join(packageRoot, 'dist', path)
