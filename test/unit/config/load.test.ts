import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig, parseConfig } from '../../../gateway/config/load.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'embedgate-config-'))
const fileWith = (content: string | Uint8Array, name = 'c.yaml'): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const faultsOf = (text: string, env: NodeJS.ProcessEnv = {}): string[] => {
  try {
    parseConfig('c.yaml', text, env)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'EG_CONFIG_INVALID') return error.message.split('\n')
    throw error
  }
  return []
}
const faultsOfFile = (path: string): string => {
  try {
    loadConfig(path, {})
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

describe('loadConfig', () => {
  it('serves the embedded model along gpu, cpu and cached when there is no file', () => {
    const { config } = parseConfig('default', '', {})
    expect(config.models).toEqual({
      'all-MiniLM-L6-v2': { chain: ['gpu', 'cpu', 'cached'], aliases: [], minParity: 0.999, onTooLong: 'truncate' },
    })
    expect(Object.keys(config.backends)).toEqual(['gpu', 'cpu', 'cached'])
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 8080, publicMetrics: true })
  })

  it('gives defaults to what a file leaves out, and keeps the text and the absolute path', () => {
    const text = 'server: { port: 9000 }\ncache:\n'
    const loaded = loadConfig(fileWith(text), {})
    expect(loaded.config.server).toMatchObject({ port: 9000, host: '127.0.0.1' })
    expect(loaded.config.cache.memoryBytes).toBe(268_435_456)
    expect(loaded.text).toBe(text)
    expect(loaded.path).toBe(join(folder, 'c.yaml'))
  })

  it('takes embedgate.yaml or embedgate.yml of the working directory, and warns where both are there', () => {
    const cwd = process.cwd()
    const here = mkdtempSync(join(tmpdir(), 'embedgate-config-'))
    process.chdir(here)
    onTestFinished(() => process.chdir(cwd))
    expect(loadConfig(undefined, {}).path).toBeUndefined()
    writeFileSync('embedgate.yml', 'server: { port: 1 }')
    expect(loadConfig(undefined, {})).toMatchObject({ config: { server: { port: 1 } }, warnings: [] })
    writeFileSync('embedgate.yaml', 'server: { port: 2 }')
    expect(loadConfig(undefined, {})).toMatchObject({
      config: { server: { port: 2 } },
      warnings: ['embedgate.yml is not read: embedgate.yaml is here too'],
    })
  })

  it('replaces the default backends and models wholly', () => {
    const { config } = parseConfig('c', 'backends: { a: { kind: synthetic } }\nmodels: { m: { chain: [a] } }', {})
    expect(Object.keys(config.backends)).toEqual(['a'])
    expect(Object.keys(config.models)).toEqual(['m'])
  })

  it('lets a file set models over the default backends', () => {
    const { config } = parseConfig('c', 'models: { m: { chain: [cpu] } }', {})
    expect(Object.keys(config.backends)).toEqual(['gpu', 'cpu', 'cached'])
  })

  it('wants models from a file that sets backends', () => {
    expect(faultsOf('backends: { a: { kind: synthetic } }')).toEqual([expect.stringContaining('models: is missing')])
  })

  it('does not let one load change the defaults of the next', () => {
    parseConfig('c', '', {}).config.models['all-MiniLM-L6-v2']?.chain.push('x')
    expect(parseConfig('c', '', {}).config.models['all-MiniLM-L6-v2']?.chain).toEqual(['gpu', 'cpu', 'cached'])
  })

  it('finds reference files beside the file', () => {
    const path = fileWith('models: { m: { chain: [cpu], references: refs.json } }', 'refs.yaml')
    expect(loadConfig(path, {}).config.models['m']?.references).toBe(join(folder, 'refs.json'))
  })

  it('finds model folders beside the file', () => {
    const backends = ['./a', '../b', '/c', 'all-MiniLM-L6-v2'].map(
      (model, n) => `b${n}: { kind: onnx, model: ${model} }`,
    )
    const other = 'other: { kind: openai, model: ./as-the-engine-calls-it }'
    const path = fileWith(
      `backends: { ${[...backends, other].join(', ')} }\nmodels: { m: { chain: [b0] } }`,
      'models.yaml',
    )
    const models = Object.values(loadConfig(path, {}).config.backends).map(
      (backend) => (backend as { model?: string }).model,
    )
    expect(models).toEqual([
      join(folder, 'a'),
      join(folder, '../b'),
      '/c',
      'all-MiniLM-L6-v2',
      './as-the-engine-calls-it',
    ])
  })

  it('reports all faults at once, each with its place and the nearest key, in the order of the file', () => {
    const text = [
      'server:',
      '  prot: 1',
      '  host: 12',
      'models:',
      '  x:',
      '    chian: [cpu]',
      '  y:',
      '    chain: [cpuu]',
      '    minParity: 2',
      'telemetry: { logLevel: loud }',
    ].join('\n')
    expect(faultsOf(text)).toEqual([
      'c.yaml:2:3 server.prot: unknown key; did you mean "port"?',
      'c.yaml:3:9 server.host: expected text, got 12',
      'c.yaml:6:5 models.x.chain: is missing; expected a list of at least 1 (Backends, best first)',
      'c.yaml:6:5 models.x.chian: unknown key; did you mean "chain"?',
      'c.yaml:8:13 models.y.chain.0: no backend is called "cpuu"; did you mean "cpu"?',
      'c.yaml:9:16 models.y.minParity: expected a number from -1 to 1, got 2',
      'c.yaml:10:24 telemetry.logLevel: expected one of "trace", "debug", "info", "warn", "error", "fatal", "silent", got "loud"',
    ])
  })

  it('reports more faults than the schema library stops at', () => {
    const keys = Array.from({ length: 40 }, (_, index) => `  k${index}: 1`).join('\n')
    expect(faultsOf(`server:\n${keys}`)).toHaveLength(40)
  })

  it('never shows what may be a secret', () => {
    const [fault = ''] = faultsOf('auth: { keys: [{ name: a, tenant: a, sha256: eg-very-secret }] }')
    expect(fault).toContain('auth.keys.0.sha256: expected 64 hexadecimal digits')
    expect(fault).not.toContain('eg-very-secret')
  })

  it('refuses names that are taken', () => {
    const text =
      'models: { a: { chain: [cpu], aliases: [b] }, b: { chain: [cpu] }, c: { chain: [cpu], aliases: [d, d] } }'
    expect(faultsOf(text)).toEqual([
      expect.stringContaining('models.a.aliases.0: "b" already names the model b'),
      expect.stringContaining('models.c.aliases.1: "d" already names the model c'),
    ])
  })

  it('refuses one address for both listeners', () => {
    expect(faultsOf('server: { port: 9000 }\nadmin: { port: 9000 }')).toEqual([
      expect.stringContaining('admin.port: is the same as server.port'),
    ])
    expect(faultsOf('server: { port: 0 }\nadmin: { port: 0 }')).toEqual([])
    expect(faultsOf('server: { port: 9000, host: 10.0.0.1 }\nadmin: { port: 9000 }')).toEqual([])
  })

  it('refuses an admin token that can be guessed, without showing it', () => {
    const [fault = ''] = faultsOf('admin: { token: hunter2 }')
    expect(fault).toContain(
      'admin.token: expected at least 16 printable characters without spaces, or an empty text, got a string that is not shown',
    )
    expect(fault).not.toContain('hunter2')
  })

  it('refuses two keys of one name or one secret', () => {
    const key = `sha256: ${'a'.repeat(64)}, tenant: t`
    const faults = faultsOf(`auth: { keys: [{ name: a, ${key} }, { name: a, ${key} }] }`)
    expect(faults).toEqual([expect.stringContaining('keys.1.name'), expect.stringContaining('keys.1.sha256')])
  })

  it('refuses names that cannot be labels, and a gateway without models', () => {
    expect(faultsOf('backends: { "a b": { kind: x } }\nmodels: { m: { chain: ["a b"] } }')[0]).toContain(
      'expected a name',
    )
    expect(faultsOf('models: {}')).toEqual([expect.stringContaining('models: expected at least one model')])
  })

  it('warns of a backend in no chain, and of stale results that can never be', () => {
    const backends = 'backends: { a: { kind: x }, b: { kind: x } }\nmodels: { m: { chain: [a] } }'
    const { warnings } = parseConfig('c', `${backends}\ncache: { ttlMs: 5, staleTtlMs: 4 }`, {})
    expect(warnings).toEqual([
      expect.stringContaining('c:1:29 backends.b: no chain uses this backend'),
      expect.stringContaining('c:3:32 cache.staleTtlMs: is shorter than ttlMs'),
    ])
  })

  it('does not warn of default backends that a file leaves over', () => {
    expect(parseConfig('c', 'models: { m: { chain: [cpu] } }', {}).warnings).toEqual([])
  })

  it('refuses a time limit that timers cannot count', () => {
    expect(faultsOf('server: { requestTimeoutMs: 3000000000 }')[0]).toContain('from 1 to 2147483647')
  })

  it.each([
    ['a list at the top', '- a', 'expected a map of keys at the top'],
    ['a text at the top', 'server', 'expected a map of keys at the top'],
    ['a key twice', 'server: {}\nserver: {}', 'c.yaml:2:1 this key is here twice'],
    ['tabs', 'server:\n\tport: 1', 'c.yaml:2:1'],
    ['two documents', 'server: {}\n---\ncache: {}', 'one file holds one document'],
    ['an alias to nothing', 'server: *a', 'a'],
    ['a broken flow map', 'server: { port: 1', 'c.yaml:1'],
    ['a section of the wrong type', 'server: 5', 'c.yaml:1:9 server: expected a map of keys, got 5'],
    ['the prototype as a backend', 'backends: { __proto__: { kind: x } }', 'models: is missing'],
  ])('says clearly what is wrong with %s', (_what, text, expected) => {
    expect(faultsOf(text).join('\n')).toContain(expected)
  })

  it('stops at an alias bomb', () => {
    const levels = Array.from({ length: 9 }, (_, n) => `l${n + 1}: &l${n + 1} [${`*l${n}, `.repeat(9)}]`)
    expect(faultsOf(['l0: &l0 [x]', ...levels].join('\n')).join()).toContain('alias')
  })

  it('takes an empty file and one with only comments for all defaults', () => {
    expect(faultsOf('')).toEqual([])
    expect(faultsOf('# nothing yet\n')).toEqual([])
  })

  it('drops a byte order mark', () => {
    expect(loadConfig(fileWith('\uFEFFserver: { port: 1 }'), {}).config.server.port).toBe(1)
  })

  it('says why a file cannot be read', () => {
    expect(faultsOfFile(join(folder, 'none.yaml'))).toContain('there is no such file')
    expect(faultsOfFile(folder)).toContain('is a folder')
    expect(faultsOfFile(fileWith(new Uint8Array([0xff, 0xfe, 0x61, 0x00])))).toContain('is not UTF-8')
    expect(faultsOfFile(fileWith(' '.repeat(1_048_577)))).toContain('larger than')
  })

  it.skipIf(process.getuid?.() === 0)('says that a file may not be read', () => {
    const path = fileWith('server: {}', 'closed.yaml')
    chmodSync(path, 0)
    expect(faultsOfFile(path)).toContain('may not be read')
  })
})
