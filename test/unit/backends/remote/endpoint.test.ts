import { describe, expect, it } from 'vitest'
import { endpointOf } from '../../../../backends/remote/endpoint.ts'

const endpoint = (options: Partial<Parameters<typeof endpointOf>[0]> = {}) =>
  endpointOf({ url: 'https://host.example/v1', ...options }, 'backends.remote')

const refused = (options: Parameters<typeof endpoint>[0]): string => {
  try {
    endpoint(options)
  } catch (error) {
    return (error as Error).message
  }
  return 'not refused'
}

describe('where an engine is', () => {
  it.each([
    ['https://host.example/v1', '/v1/embeddings'],
    ['https://host.example/v1/', '/v1/embeddings'],
    ['https://host.example', '/embeddings'],
    ['http://127.0.0.1:8080/a/b', '/a/b/embeddings'],
  ])('below %s its routes are like %s', (url, path) => {
    expect(endpoint({ url }).target('/embeddings')).toBe(path)
  })

  it('has the query of its entry at every route', () => {
    const query = { 'api-version': '2024-10-21', odd: 'a&b' }
    expect(endpoint({ query }).target('/embeddings')).toBe('/v1/embeddings?api-version=2024-10-21&odd=a%26b')
  })

  it('is sent the key and the headers of its entry', () => {
    expect(endpoint({ apiKey: 'k', headers: { 'X-Team': 'a' } }).headers).toMatchObject({
      authorization: 'Bearer k',
      'x-team': 'a',
    })
    expect(endpoint({ apiKey: '' }).headers).not.toHaveProperty('authorization')
    expect(endpoint({ apiKey: 'k', headers: { Authorization: 'Key x' } }).headers['authorization']).toBe('Key x')
  })

  it.each([
    ['not a url', 'url: is not a URL'],
    ['ftp://host/v1', 'url: must begin with http or https'],
    ['https://user:sekret@host/v1', 'url: holds credentials; use apiKey or headers'],
    ['https://host/v1?sekret=1', 'url: has a query or fragment; use query'],
  ])('is refused as %s, without repeating it', (url, reason) => {
    expect(refused({ url })).toBe(`backends.remote.${reason}`)
  })

  it('has no header refused with its value in the message', () => {
    expect(refused({ headers: { 'x-key': 'sekret\r\nx-evil: 1' } })).toBe(
      'backends.remote.headers.x-key: is not a header that can be sent',
    )
    expect(refused({ apiKey: 'sekret\n' })).not.toContain('sekret')
    expect(refused({ headers: { 'bad name': 'sekret' } })).not.toContain('sekret')
  })

  it.each(['Host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Accept-Encoding'])(
    'may not have the header %s set',
    (name) => {
      expect(refused({ headers: { [name]: 'x' } })).toContain('is set by the gateway itself')
    },
  )
})
