import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dims, startUpstream, type ScriptedUpstream } from '../../faults/scripted-upstream.ts'
import { captured } from './captured.ts'

const folder = mkdtempSync(join(tmpdir(), 'embedgate-cli-remote-'))
const references = join(folder, 'references.json')
let upstream: ScriptedUpstream
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(async () => {
  await upstream[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const fileWith = (entry: string, chain = '[remote]'): string => {
  const path = join(folder, 'c.yaml')
  const engine = `model: synthetic, dims: ${dims}, maxTokens: 256`
  writeFileSync(
    path,
    `dataDir: ${folder}
telemetry: { logLevel: silent }
backends:
  remote: { kind: openai, ${engine}, apiKey: sk-sekret, headers: { x-auth: sekret }, ${entry} }
  other: { kind: tei, ${engine}, url: "${upstream.url}" }
models: { m: { chain: ${chain}, references: references.json } }
`,
  )
  return path
}

describe('embedgate models verify, of remote engines', () => {
  it('records references from the first engine, then measures all by them', async () => {
    const config = fileWith(`url: "${upstream.url}"`, '[remote, other]')
    const recorded = await captured(['models', 'verify', 'm', '--record', references, '--config', config])
    expect([recorded.code, recorded.err]).toEqual([0, ''])
    expect(recorded.out).toMatch(/^ok {2}remote: the vectors of \d+ texts are now /)
    const verified = await captured(['models', 'verify', 'm', '--config', config])
    expect([verified.code, verified.err]).toEqual([0, ''])
    expect(verified.out).toMatch(/^ok {2}remote: min cosine 1\.0000000.*\nok {2}other: min cosine (1\.0|0\.99999)/)
  })

  it('says what an engine that does not answer lacks', async () => {
    upstream.fault = 'answers 401'
    const { code, out } = await captured(['models', 'verify', 'm', '--config', fileWith(`url: "${upstream.url}"`)])
    upstream.fault = undefined
    expect([code, out]).toEqual([1, 'no  remote: the engine answered with status 401, invalid_api_key\n'])
  })
})

describe('embedgate check, of remote engines', () => {
  it('finds nothing wrong with one that answers', async () => {
    expect(existsSync(references)).toBe(true)
    const { code, out } = await captured(['check', '--config', fileWith(`url: "${upstream.url}"`)])
    expect([code, out.includes('remote  openai  serving')]).toEqual([0, true])
  })

  it('notes one that cannot be reached, which is no fault of the configuration', async () => {
    const { code, out, err } = await captured(['check', '--config', fileWith('url: "http://127.0.0.1:1"')])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/note {2}backend remote is down: the exchange with the engine failed: ECONNREFUSED/)
    expect(out).not.toContain('sekret')
  })

  it.each([
    ['url: "http://u:sekret@127.0.0.1:1"', /backends\.remote\.url: holds credentials/],
    ['url: "http://127.0.0.1:1", headers: { x-auth: [sekret] }', /backends\.remote\.headers/],
    ['url: "http://127.0.0.1:1", proxy: ["POST /../admin"]', /backends\.remote\.proxy\.0/],
    ['url: "http://127.0.0.1:1", proxy: ["CONNECT /x"]', /backends\.remote\.proxy\.0/],
    ['url: "http://127.0.0.1:1", dimz: 5', /dimz: .*did you mean dims\?/],
  ])('refuses %s without showing a secret', async (entry, message) => {
    const config = fileWith(entry)
    if (entry.includes('headers'))
      writeFileSync(config, readFileSync(config, 'utf8').replace('headers: { x-auth: sekret }, ', ''))
    const { code, out, err } = await captured(['check', '--config', config])
    expect([code, err]).toEqual([1, expect.stringMatching(message)])
    expect(out + err).not.toContain('sekret')
  })
})
