import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../gateway/core/errors.ts'

/** A page or file as it is sent, whoever asks. */
export interface KeptPage {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Of `body`. */
  readonly etag: string
}

/** What is passed on of a page's headers. */
const pageHeaders = ['content-type', 'content-security-policy', 'location', 'cache-control']

/**
 * Pages of an app that is not listened on, each asked of it once: a file is 1.5 MB, anybody may ask, and the way through the app
 * copies it. What it does not have is not kept.
 *
 * @param pages the app; it has a handful of paths
 * @returns the page at a path; throws `EG_ROUTE_UNKNOWN` where there is none
 */
export const keptPages = (pages: () => Promise<FastifyInstance>): ((path: string) => Promise<KeptPage>) => {
  const kept = new Map<string, Promise<KeptPage>>()
  return (path) => {
    const known = kept.get(path)
    if (known) return known
    const asked = pageAt(pages, path)
    kept.set(path, asked)
    asked.catch(() => kept.delete(path))
    return asked
  }
}

const pageAt = async (pages: () => Promise<FastifyInstance>, url: string): Promise<KeptPage> => {
  const { statusCode: status, headers: all, rawPayload: body } = await (await pages()).inject({ method: 'GET', url })
  if (status >= 400) throw new GatewayError('EG_ROUTE_UNKNOWN', 'there is nothing at this path')
  const headers = pageHeaders.flatMap((name) => (typeof all[name] === 'string' ? [[name, all[name]]] : []))
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
  return { status, headers: Object.fromEntries(headers) as Record<string, string>, body, etag }
}
