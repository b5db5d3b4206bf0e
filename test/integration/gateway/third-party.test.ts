import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../../gateway/app.ts'
import { loadConfig } from '../../../gateway/config/load.ts'
import { post, untilReady } from '../../support/gateway.ts'
import { cosine } from '../../support/golden.ts'

const root = join(import.meta.dirname, '../../..')

/** What the guide tells the author of a backend to write into the configuration. */
const config = `
plugins: ['./my-backend.js']
backends:
  mine: { kind: hashing, dims: 256 }
models:
  hashing: { chain: [mine] }
telemetry: { logLevel: silent }
`

/** A package of somebody else's, with this one installed in it. */
const folder = mkdtempSync(join(tmpdir(), 'embedgate-third-party-'))
beforeAll(() => {
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/embedgate'))
  for (const name of ['fastify', 'typebox', '@types/node']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  copyFileSync(join(root, 'docs/Guides/examples/my-backend.ts'), join(folder, 'my-backend.ts'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'embedgate.yaml'), config)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe("the guide's backend, as a package of somebody else's", { timeout: 60_000 }, () => {
  it('[S3] is about 20 lines', () => {
    const lines = readFileSync(join(folder, 'my-backend.ts'), 'utf8').split('\n')
    expect(lines.filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length).toBeLessThan(30)
  })

  it('compiles with strict TypeScript against what the package exports', () => {
    const strict = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--verbatimModuleSyntax']
    const target = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--skipLibCheck']
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [tsc, ...strict, ...target, 'my-backend.ts'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect([status, stdout]).toEqual([0, ''])
  })

  it('serves over HTTP when the configuration names it by its path', async () => {
    const { config: loaded, path = '' } = loadConfig(join(folder, 'embedgate.yaml'), {})
    expect(path).toBe(join(folder, 'embedgate.yaml'))
    await using app = await buildApp({ ...loaded, dataDir: join(folder, 'data') }, { baseDir: folder })
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    await untilReady(url)
    const input = ['the same letters', 'the same letter', 'quite another text']
    const { status, headers, body } = await post(`${url}/v1/embeddings`, { model: 'hashing', input })
    expect([status, headers.get('x-embedgate-backend')]).toEqual([200, 'mine'])
    const [first, near, far] = body.data.map(({ embedding }: { embedding: number[] }) => embedding)
    expect(first).toHaveLength(256)
    expect(cosine(first, near)).toBeGreaterThan(cosine(first, far) + 0.3)
    const again = await post(`${url}/v1/embeddings`, { model: 'hashing', input })
    expect(again.headers.get('x-embedgate-cache')).toBe('hit')
  })

  it('has its options checked against the schema it registers', async () => {
    writeFileSync(join(folder, 'wrong.yaml'), config.replace('dims: 256', 'dimz: 256'))
    const { config: loaded } = loadConfig(join(folder, 'wrong.yaml'), {})
    const app = await buildApp(loaded, { baseDir: folder })
    const message = expect.stringMatching(/^backends\.mine\.dimz: .* did you mean dims\?$/)
    await expect(app.ready()).rejects.toMatchObject({ code: 'EG_CONFIG_INVALID', message })
    await app.close()
  })

  it.each([
    ['./missing.js', /^plugin \.\/missing\.js: /],
    ['not-installed', /^plugin not-installed: /],
    ['./no-plugin.js', /^plugin \.\/no-plugin\.js: its default export is not a function$/],
    ['./throws.js', /^plugin \.\/throws\.js: out of order$/],
  ])('stops the start with EG_PLUGIN_FAILED when the plugin is %s', async (name, message) => {
    writeFileSync(join(folder, 'no-plugin.js'), 'export default 5')
    writeFileSync(join(folder, 'throws.js'), "export default async () => { throw new Error('out of order') }")
    const path = join(folder, 'plugin.yaml')
    writeFileSync(path, config.replace('./my-backend.js', name))
    const built = buildApp(loadConfig(path, {}).config, { baseDir: folder })
    await expect(built).rejects.toMatchObject({ code: 'EG_PLUGIN_FAILED', message: expect.stringMatching(message) })
  })
})
