import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { commands } from '../../../gateway/cli/commands.ts'
import { reportFailure } from '../../../gateway/cli/failure.ts'
import { captured } from './captured.ts'

describe('embedgate', () => {
  it.each([['--help'], ['help'], ['-h']])('prints its help for %s', async (flag) => {
    const { code, out, err } = await captured([flag])
    expect([code, err]).toEqual([0, ''])
    for (const name of Object.keys(commands)) expect(out).toContain(`  ${name} `)
  })

  it('prints its help to standard error and exits 2 without a command', async () => {
    const { code, out, err } = await captured([])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('Usage: embedgate COMMAND')
  })

  it.each(Object.keys(commands))('has help with examples for %s', async (name) => {
    const { code, out } = await captured([name, '--help'])
    expect(code).toBe(0)
    expect(out).toContain(`Usage: embedgate ${name}`)
    expect(out).toContain('Examples:\n  ')
    expect(await captured(['help', name])).toEqual({ code: 0, out, err: '' })
  })

  it('suggests the nearest command', async () => {
    const { code, err } = await captured(['serv'])
    expect(code).toBe(2)
    expect(err).toContain('there is no command serv; did you mean `embedgate serve`?')
  })

  it('is not fooled by what every object has', async () => {
    expect((await captured(['constructor'])).code).toBe(2)
    expect((await captured(['version', '--constructor'])).code).toBe(2)
  })

  it('suggests the nearest flag', async () => {
    const { code, err } = await captured(['serve', '--prot', '1'])
    expect(code).toBe(2)
    expect(err).toContain('there is no flag --prot; did you mean --port?')
  })

  it.each([
    [['serve', '--port']],
    [['serve', '--port', 'abc']],
    [['serve', '--port', '65536']],
    [['serve', '--config', '--port', '1']],
    [['serve', 'now']],
    [['embed']],
    [['embed', 'x', '--json=1']],
    [['embed', 'x', '--url', 'nowhere']],
    [['keys', 'old', 'x']],
    [['keys', 'new']],
    [['models', 'verify']],
    [['models', 'pull', 'x']],
    [['worker', '--model', 'm']],
    [['check', 'file.yaml']],
    [['doctor', 'who']],
  ])('exits 2 for %j', async (argv) => {
    const { code, out, err } = await captured(argv)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('usage\n  ')
  })

  it.each([
    [['models', 'verfy'], '"verfy" does not belong here; did you mean verify?'],
    [['models', 'list', 'all'], '"all" does not belong here'],
    [['models', 'verify', 'a', 'b'], '"b" does not belong here'],
    [['keys', 'nwe'], '"nwe" does not belong here'],
    [['keys', 'new', 'a', 'b'], '"b" does not belong here'],
    [['serve', 'extra'], '"extra" does not belong here'],
    [['check', 'file.yaml'], '"file.yaml" does not belong here'],
    [['worker', 'm'], '"m" does not belong here'],
    [['version', '2'], '"2" does not belong here'],
  ])('names the word that is wrong in %j, above the usage', async (argv, said) => {
    const { code, err } = await captured(argv)
    expect([code, err]).toEqual([2, expect.stringContaining(`usage\n  ${said}\n  embedgate ${argv[0]}`)])
  })

  it('points to the page of the configuration where it is', async () => {
    const { err } = await captured(['check', '--config', '/nowhere/c.yaml'])
    const [, page = ''] = /(\/\S+configuration\.md) lists every key/.exec(err) ?? []
    expect(existsSync(page)).toBe(true)
  })

  it('prints its version', async () => {
    expect(await captured(['--version'])).toEqual(await captured(['version']))
    expect((await captured(['version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('uses colours for people, unless they do not want them', async () => {
    const escape = '\u001B['
    expect((await captured(['serv'], { isTTY: true })).err).toContain(escape)
    expect((await captured(['serv'], { isTTY: true, env: { NO_COLOR: '1' } })).err).not.toContain(escape)
    expect((await captured(['serv'])).err).not.toContain(escape)
  })

  it('exits 1 with one block and no stack when the configuration is refused', async () => {
    const { code, err } = await captured(['check', '--config', '/nowhere/c.yaml'])
    expect(code).toBe(1)
    expect(err).toContain('EG_CONFIG_INVALID\n  /nowhere/c.yaml: there is no such file')
    expect(err).not.toMatch(/^\s+at /m)
  })

  it('exits 70 with a stack for a fault of ours', () => {
    let err = ''
    const output = { write: (text: string) => void (err += text) }
    const io = { stdin: process.stdin, stdout: output, stderr: output, env: {} }
    expect(reportFailure(new TypeError('x is not a function'), io)).toBe(70)
    expect(err).toContain('EG_INTERNAL')
    expect(err).toMatch(/^\s+at /m)
  })
})

describe('embedgate keys new', () => {
  it('prints a key once, and what the configuration needs to know it', async () => {
    const { code, out } = await captured(['keys', 'new', 'team-a', '--tenant', 'a'])
    const [key = '', ...yaml] = out.split('\n')
    const { createHash } = await import('node:crypto')
    const { parseConfig } = await import('../../../gateway/config/load.ts')
    expect(code).toBe(0)
    expect(parseConfig('printed', yaml.join('\n'), {}).config.auth.keys).toEqual([
      { name: 'team-a', sha256: createHash('sha256').update(key).digest('hex'), tenant: 'a', priority: 'interactive' },
    ])
  })
})
