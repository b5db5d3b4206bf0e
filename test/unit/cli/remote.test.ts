import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readReferences } from '../../../gateway/chain/references-file.ts'
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
    expect(recorded.out).toMatch(/^ok {2}remote: min.*\nok {2}other: min.*\nok {2}the vectors of 9 texts are now /)
    const verified = await captured(['models', 'verify', 'm', '--config', config])
    expect([verified.code, verified.err]).toEqual([0, ''])
    expect(verified.out).toMatch(/^ok {2}remote: min cosine 1\.0000000.*\nok {2}other: min cosine (1\.0|0\.99999)/)
  })

  it('records a text that is too long where texts may be cut, and leaves it out where they may not', async () => {
    const { texts } = JSON.parse(readFileSync(references, 'utf8')) as { texts: { text: string; truncated?: boolean }[] }
    expect(texts.map(({ truncated }) => truncated === true)).toEqual([...Array(8).fill(false), true])
    expect(texts.at(-1)?.text.split(' ')).toHaveLength(320)
    const config = fileWith(`url: "${upstream.url}"`, '[remote], onTooLong: refuse')
    const verified = await captured(['models', 'verify', 'm', '--config', config])
    expect(verified.out).toMatch(/^ok {2}remote: .* over 8 texts/)
    await captured(['models', 'verify', 'm', '--record', join(folder, 'whole.json'), '--config', config])
    expect(await readReferences(join(folder, 'whole.json'), 'm')).toMatchObject({ texts: { length: 8 } })
  })

  it('records no long text that takes longer than a request may', async () => {
    const file = join(folder, 'short.json')
    upstream.hangsFrom = 1_000
    const config = fileWith(`url: "${upstream.url}"`)
    appendFileSync(config, 'timeouts: { inferenceMs: 50 }\n')
    const { code, out } = await captured(['models', 'verify', 'm', '--record', file, '--config', config])
    upstream.hangsFrom = Infinity
    expect([code, (await readReferences(file, 'm')).texts.length]).toEqual([0, 8])
    expect(out).toMatch(/^-- {2}remote: no vector of a text that is too long \(EG_DEADLINE\), so it is left out/)
  })

  it('writes no references when the engines disagree, if only on where a long text ends', async () => {
    const file = join(folder, 'disagreed.json')
    await using shortSighted = await startUpstream()
    shortSighted.reads = 600
    const config = fileWith(`urls: ["${upstream.url}", "${shortSighted.url}"]`)
    const { code, out } = await captured(['models', 'verify', 'm', '--record', file, '--config', config])
    expect([code, existsSync(file)]).toEqual([1, false])
    expect(out).toMatch(/^no {2}remote\/1: min cosine .*\nno {2}.*disagreed.json is not written: the engines disagree/m)
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
