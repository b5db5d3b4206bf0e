import { createRequire } from 'node:module'
import { join } from 'node:path'

/** The absolute path of a page of the documentation, which the package brings along. @param page below `docs`, e.g. `Reference/errors.md` */
export const documentationPage = (page: string): string =>
  join(createRequire(import.meta.url).resolve('embedgate/package.json'), '../docs', page)
