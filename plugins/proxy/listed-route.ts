import type { PassThrough } from '../../gateway/core/backend.ts'
import { GatewayError } from '../../gateway/core/errors.ts'

/** Where a request to `/proxy` goes. */
export interface Destination {
  readonly passThrough: PassThrough
  /** The path at the engine, below its URL. */
  readonly path: string
}

const proxied = /^\/proxy\/([^/?]+)(\/[^?]*)/

/**
 * Finds the route that a request means, among those that entries list. Paths are compared as they came, letter for letter:
 * what is encoded, climbs or ends in a slash is another path, and no listed one.
 *
 * @param url of the request, as it came
 * @param passThroughOf what callers may reach of a backend
 * @throws GatewayError `EG_ROUTE_UNKNOWN`; `EG_METHOD` with `allow` set
 */
export const listedRoute = (
  method: string,
  url: string,
  passThroughOf: (backend: string) => PassThrough | undefined,
  allow: (methods: string) => void,
): Destination => {
  const [, backend = '', path = ''] = proxied.exec(url) ?? []
  const passThrough = passThroughOf(backend)
  const methods = (passThrough?.routes ?? [])
    .filter((route) => route.slice(route.indexOf(' ') + 1) === path)
    .map((route) => route.slice(0, route.indexOf(' ')))
  if (passThrough && methods.includes(method)) return { passThrough, path }
  if (methods.length === 0) throw new GatewayError('EG_ROUTE_UNKNOWN', 'no backend lists this route under proxy')
  allow(methods.join(', '))
  throw new GatewayError('EG_METHOD', `this path takes ${methods.join(', ')}, not ${method}`)
}
