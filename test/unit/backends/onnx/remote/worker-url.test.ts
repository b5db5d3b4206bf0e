import { describe, expect, it } from 'vitest'
import { parseWorkerUrl } from '../../../../../backends/onnx/remote/worker-url.ts'

describe('the URL of a worker', () => {
  it.each([
    ['http://gpu-1:9000', 'gpu-1', 9_000],
    ['http://worker-0.workers.ns.svc:80/', 'worker-0.workers.ns.svc', 80],
    ['http://10.0.0.7:65535', '10.0.0.7', 65_535],
    ['http://[fd00::7]:9000', 'fd00::7', 9_000],
  ])('%s is read', (text, host, port) => {
    expect(parseWorkerUrl(text)).toMatchObject({ host, port })
  })

  it.each([
    'gpu-1:9000',
    'tcp://gpu-1:9000',
    'http://gpu-1',
    'http://gpu-1:9000/v1',
    'http://gpu-1:9000?a',
    'http://:9000',
    'http://a:0',
    'http://a:65536',
    'http://fd00::7:9000',
    '',
  ])('%j is refused, with what would be right', (text) => {
    expect(() => parseWorkerUrl(text)).toThrow(
      `${JSON.stringify(text)} is not the address of a worker: write http://host:port`,
    )
  })

  it('is refused with TLS, which workers do not speak', () => {
    expect(() => parseWorkerUrl('https://gpu-1:9000')).toThrow('workers speak no TLS')
  })

  it('is refused with a password, which is not repeated', () => {
    expect(() => parseWorkerUrl('http://me:secret@gpu-1:9000')).toThrow(
      /^credentials do not belong here((?!secret).)*$/,
    )
  })
})
