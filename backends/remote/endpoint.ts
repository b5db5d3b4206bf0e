import { validateHeaderName, validateHeaderValue } from 'node:http'
import { GatewayError } from '../../gateway/core/errors.ts'
import { packageVersion } from '../../gateway/core/version.ts'

/** Where an engine is, and what every request to it carries. */
export interface Endpoint {
  /** Scheme, host and port. */
  readonly origin: string
  /** Path and query of one of the engine's routes, below the path of its URL. */
  readonly target: (route: string) => string
  /** Sent with every request, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** The keys of an entry that say where its engine is. */
export interface EndpointOptions {
  readonly url: string
  readonly apiKey?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
}

/** Headers that belong to the exchange itself; an entry that sets one would break it. */
const ownHeaders: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Reads where an engine is from its entry.
 *
 * @param param path of the entry, for messages, which never hold a value of it: any may be a secret
 * @throws GatewayError `EG_CONFIG_INVALID`
 */
export const endpointOf = ({ url, apiKey, headers = {}, query = {} }: EndpointOptions, param: string): Endpoint => {
  const parsed = parsedUrl(url, `${param}.url`)
  const path = parsed.pathname.replace(/\/+$/, '')
  const search = new URLSearchParams(query).toString()
  const sent: Record<string, string> = { accept: 'application/json', 'user-agent': `embedgate/${packageVersion}` }
  if (apiKey !== undefined && apiKey !== '') sent['authorization'] = `Bearer ${apiKey}`
  for (const [name, value] of Object.entries(headers)) sent[name.toLowerCase()] = value
  for (const [name, value] of Object.entries(sent)) checkHeader(name, value, param)
  return {
    origin: parsed.origin,
    target: (route) => `${path}${route}${search === '' ? '' : `?${search}`}`,
    headers: sent,
  }
}

const parsedUrl = (url: string, param: string): URL => {
  if (!URL.canParse(url)) throw invalid(param, 'is not a URL')
  const parsed = new URL(url)
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') throw invalid(param, 'must begin with http or https')
  if (parsed.username !== '' || parsed.password !== '') throw invalid(param, 'holds credentials; use apiKey or headers')
  if (parsed.search !== '' || parsed.hash !== '') throw invalid(param, 'has a query or fragment; use query')
  return parsed
}

const checkHeader = (name: string, value: string, entry: string): void => {
  const param = name === 'authorization' ? `${entry}.apiKey or ${entry}.headers` : `${entry}.headers.${name}`
  if (ownHeaders.has(name)) throw invalid(param, 'is set by the gateway itself')
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    throw invalid(param, 'is not a header that can be sent')
  }
}

const invalid = (param: string, reason: string): GatewayError =>
  new GatewayError('EG_CONFIG_INVALID', `${param}: ${reason}`, { param })
