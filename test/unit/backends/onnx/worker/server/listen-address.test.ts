import { describe, expect, it } from 'vitest'
import {
  boundAddress,
  isLocal,
  parseListenAddress,
} from '../../../../../../backends/onnx/worker/server/listen-address.ts'

describe('an address to listen on', () => {
  it.each([
    ['unix:/run/w.sock', { path: '/run/w.sock' }, true],
    ['127.0.0.1:9000', { host: '127.0.0.1', port: 9000 }, true],
    ['tcp:localhost:0', { host: 'localhost', port: 0 }, true],
    ['[::1]:9000', { host: '::1', port: 9000 }, true],
    ['0.0.0.0:9000', { host: '0.0.0.0', port: 9000 }, false],
    ['[::]:9000', { host: '::', port: 9000 }, false],
    ['127.example.org:1', { host: '127.example.org', port: 1 }, false],
  ])('%s is read, and known to be local or not', (text, address, local) => {
    expect(parseListenAddress(text)).toEqual(address)
    expect(isLocal(parseListenAddress(text))).toBe(local)
  })

  it.each([
    ['unix:/run/w.sock', '/run/w.sock', 'unix:/run/w.sock'],
    ['127.0.0.1:0', { address: '127.0.0.1', family: 'IPv4', port: 9_001 }, 'http://127.0.0.1:9001'],
    ['[::1]:9000', { address: '::1', family: 'IPv6', port: 9_000 }, 'http://[::1]:9000'],
  ])('%s is told with the port that it got', (text, bound, told) => {
    expect(boundAddress(parseListenAddress(text), bound)).toBe(told)
  })

  it.each(['unix:w.sock', '9000', ':9000', 'host', 'host:65536', 'host:1:2', '/w.sock', ''])(
    '%j is refused',
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(JSON.stringify(text))
    },
  )
})
