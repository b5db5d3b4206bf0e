import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startGateway } from '../../support/gateway.ts'
import { linkedModel, replaceFile } from '../gateway/model-copy.ts'
import { embedgate, folderWith } from './program.ts'

describe('embedgate', { timeout: 60_000 }, () => {
  it('exits 2 for an unknown command and names the nearest', async () => {
    const { code, out, err } = await embedgate(['chekc'])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('there is no command chekc; did you mean `embedgate check`?')
  })

  it('keys new prints a key, and the lines that make the configuration know it', async () => {
    const { code, out } = await embedgate(['keys', 'new', 'team-a', '--tenant', 'a'])
    expect(code).toBe(0)
    const [key = '', , ...yaml] = out.split('\n')
    expect(key).toMatch(/^eg-[\w-]{43}$/)
    expect(out).toContain(createHash('sha256').update(key).digest('hex'))
    const backends = 'backends: { fake: { kind: synthetic } }\nmodels: { fake: { chain: [fake] } }\n'
    const folder = folderWith({ 'embedgate.yaml': `${backends}${yaml.join('\n')}` })
    expect((await embedgate(['check'], folder)).code).toBe(0)
  })

  it('embed prints vectors and how similar the texts are', async () => {
    const { code, out, err } = await embedgate(['embed', 'a cat', 'a kitten', 'a tax form'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^all-MiniLM-L6-v2, 384 dimensions, from (cpu|gpu), 13 tokens\n/)
    expect(out).toMatch(/^1 {2}\[-?0\.\d{4}, .*\] {2}a cat$/m)
    const matrix =
      out
        .slice(out.indexOf('cosine similarity'))
        .match(/-?\d\.\d+/g)
        ?.map(Number) ?? []
    expect(matrix).toHaveLength(9)
    expect(matrix[1]).toBeGreaterThan((matrix[2] ?? 1) + 0.2)
  })

  it('models list and models verify know the embedded model, and what its vectors are worth here', async () => {
    const list = await embedgate(['models', 'list'])
    expect(list.code).toBe(0)
    expect(list.out).toMatch(/^all-MiniLM-L6-v2 +384 +256 +45\.6 MB +53aa51172d142c89 /m)
    const verified = await embedgate(['models', 'verify', 'all-MiniLM-L6-v2'])
    expect([verified.code, verified.err]).toEqual([0, ''])
    expect(verified.out).toContain('ok  4 files of ')
    expect(verified.out).toMatch(
      /^ok {2}cpu: min cosine (0\.9999\d+|1\.0+), mean .* over 77 texts; minParity is 0\.999$/m,
    )
  })

  it('models verify measures the remote engines of the chain too, and says which did not answer', async () => {
    await using upstream = await startGateway()
    const engine = 'model: all-MiniLM-L6-v2, dims: 384, maxTokens: 256'
    const yaml = (urls: string) => `
backends:
  tei: { kind: tei, urls: [${urls}], ${engine} }
  cpu: { kind: onnx, device: cpu, model: all-MiniLM-L6-v2, workers: 1 }
  cached: { kind: cached }
models: { m: { chain: [tei, cpu, cached], minParity: 0.99 } }
`
    const verify = (urls: string) =>
      embedgate(['models', 'verify', 'all-MiniLM-L6-v2'], folderWith({ 'embedgate.yaml': yaml(urls) }))
    const verified = await verify(`"${upstream.url}"`)
    expect([verified.code, verified.err]).toEqual([0, ''])
    expect(verified.out).toMatch(
      /^ok {2}cpu: .* over 77 .*\nok {2}tei: min cosine .* over 77 texts; minParity is 0\.99$/m,
    )
    const partly = await verify(`"${upstream.url}", "http://127.0.0.1:1"`)
    expect([partly.code, partly.err]).toEqual([1, ''])
    expect(partly.out).toMatch(/^ok {2}tei: .*\nno {2}tei\/1: the exchange with the engine failed: ECONNREFUSED$/m)
  })

  it('doctor says what this machine offers', async () => {
    const { code, out, err } = await embedgate(['doctor'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^embedgate \d+\.\d+\.\d+, Node v\d+/)
    for (const about of ['memory', 'port', 'cpu']) expect(out.toLowerCase()).toContain(about)
  })
})

describe('embedgate check', { timeout: 60_000 }, () => {
  it('exits 0 when everything that is configured works', async () => {
    const { code, out, err } = await embedgate(['check'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^cpu +onnx +serving +parity 0\.99999\d|^cpu +onnx +serving +parity 1\.0+/m)
    expect(out).toContain('ok  everything that is configured works here')
  })

  it('exits 1 and names the file and the remedy when a model file is damaged, and so does serve', async () => {
    const model = linkedModel()
    replaceFile(model, 'tokenizer.json', (content) => Buffer.from(content.toString().replace('"cat"', '"cot"')))
    const folder = folderWith({
      'embedgate.yaml': `server: { port: 0 }\nadmin: { port: 0 }\nbackends: { cpu: { kind: onnx, workers: 1, model: ${JSON.stringify(model)} } }\nmodels: { m: { chain: [cpu] } }\n`,
    })
    for (const command of ['check', 'serve']) {
      const { code, err } = await embedgate([command], folder)
      expect([command, code]).toEqual([command, 1])
      expect(err).toContain(`${join(model, 'tokenizer.json')}: has SHA-256 `)
      expect(err).toContain('remove the model folder and install or pull the model again')
    }
    rmSync(model, { recursive: true })
  })

  it('exits 1 with EG_MODEL_CORRUPT when a model file is missing, and so does serve', async () => {
    const model = linkedModel()
    rmSync(join(model, 'tokenizer.json'))
    const folder = folderWith({
      'embedgate.yaml': `server: { port: 0 }\nadmin: { port: 0 }\nbackends: { cpu: { kind: onnx, model: ${JSON.stringify(model)} } }\nmodels: { m: { chain: [cpu] } }\n`,
    })
    for (const command of ['check', 'serve']) {
      const { code, err } = await embedgate([command], folder)
      expect([command, code]).toEqual([command, 1])
      expect(err).toContain(`${join(model, 'tokenizer.json')}: is missing; remove the model folder`)
    }
    rmSync(model, { recursive: true })
  })

  it('exits 1 for a chain of two spaces', async () => {
    const folder = folderWith({
      'embedgate.yaml':
        'backends: { a: { kind: synthetic, dims: 8 }, b: { kind: synthetic, dims: 16 } }\nmodels: { m: { chain: [a, b] } }\n',
    })
    const { code, err } = await embedgate(['check'], folder)
    expect(code).toBe(1)
    expect(err).toContain(
      'EG_CONFIG_SPACE_MISMATCH\n  embedgate.yaml:2:23 models.m.chain: vectors of a and b cannot be compared, they differ in dims',
    )
  })
})
