import { describe, expect, it } from 'vitest'
import type { PassThrough } from '../../../../gateway/core/backend.ts'
import { listedRoute } from '../../../../plugins/proxy/listed-route.ts'

const passThrough: PassThrough = {
  routes: ['POST /rerank', 'GET /info', 'POST /info'],
  origin: 'http://engine.test',
  target: (path) => `/v1${path}`,
  headers: {},
}
const find = (method: string, url: string) => {
  const allowed: string[] = []
  try {
    const { path } = listedRoute(
      method,
      url,
      (name) => (name === 'tei' ? passThrough : undefined),
      (all) => allowed.push(all),
    )
    return path
  } catch (error) {
    return [(error as { code: string }).code, ...allowed]
  }
}

describe('a request to /proxy', () => {
  it.each([
    ['POST', '/proxy/tei/rerank', '/rerank'],
    ['GET', '/proxy/tei/info', '/info'],
    ['GET', '/proxy/tei/info?a=/../b', '/info'],
  ])('%s %s goes to %s', (method, url, path) => {
    expect(find(method, url)).toBe(path)
  })

  it.each([
    '/proxy/tei/embed',
    '/proxy/other/info',
    '/proxy/tei',
    '/proxy/tei/',
    '/proxy/tei/info/',
    '/proxy/tei//info',
    '/proxy/tei/./info',
    '/proxy/tei/x/../info',
    '/proxy/tei/%69nfo',
    '/proxy/tei/info%2f..%2fmetrics',
    '/proxy/tei/info%3f',
    '/proxy/tei/..%2finfo',
    '/proxy/tei\\info',
    '/proxy/tei/info;v=1',
    '/proxy/tei/INFO',
    '/proxy/%74ei/info',
    '/PROXY/tei/info',
    'http://evil.test/proxy/tei/info',
    '//evil.test/info',
    '/proxy?/tei/info',
  ])('of GET %s goes nowhere', (url) => {
    expect(find('GET', url)).toEqual(['EG_ROUTE_UNKNOWN'])
  })

  it('with a method that is not listed is told which are', () => {
    expect(find('DELETE', '/proxy/tei/info')).toEqual(['EG_METHOD', 'GET, POST'])
    expect(find('HEAD', '/proxy/tei/rerank')).toEqual(['EG_METHOD', 'POST'])
  })
})
