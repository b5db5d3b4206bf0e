import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from '../../gateway/core/errors.ts'
import { metric } from '../integration/gateway/scripted-gateway.ts'
import { post, type Answer, type TestGateway } from '../support/gateway.ts'
import { startRemote, truth } from './remote-gateway.ts'
import { dims, maxCharacters, startUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import { faults, itemFaults, oddities, secretText, type Fault } from './upstream-faults.ts'

const openai = `kind: openai, model: synthetic, dims: ${dims}, maxTokens: 256, apiKey: sk-of-the-entry, timeoutMs: 300`
const kinds = {
  openai,
  'openai asked for floats': `${openai}, encoding: float`,
  tei: `kind: tei, model: synthetic, dims: ${dims}, maxTokens: 256, apiKey: sk-of-the-entry, timeoutMs: 300`,
}

/** All are failures of the engine but these. */
const classes: Partial<Record<Fault, Outcome>> = {
  'answers 429': 'overload',
  'answers 429 with retry-after': 'overload',
  'answers 503 with retry-after': 'overload',
}

let upstream: ScriptedUpstream
let gateway: TestGateway
const start = async (kind: keyof typeof kinds): Promise<void> => {
  upstream = await startUpstream()
  gateway = await startRemote(`${kinds[kind]}, url: "${upstream.url}"`)
}
afterEach(async () => {
  await gateway.close()
  await upstream[Symbol.asyncDispose]()
})

const texts = ['first text', 'second text', 'third text']
const ask = (input: readonly string[] = texts, headers: Record<string, string> = {}): Promise<Answer> =>
  post(`${gateway.url}/v1/embeddings`, { model: 'm', input }, headers)

const expectTrue = ({ status, body }: Answer, input: readonly string[] = texts): void => {
  expect(status, JSON.stringify(body)).toBe(200)
  input.forEach((text, row) =>
    truth(text).forEach((value, index) => expect(body.data[row].embedding[index]).toBeCloseTo(value, 6)),
  )
}

const served = ({ headers }: Answer): unknown[] =>
  ['backend', 'degraded', 'cache'].map((each) => headers.get(`x-embedgate-${each}`))

const outcomes = async (): Promise<Record<string, number>> => {
  const all = await metric(gateway.url, 'embedgate_backend_requests_total')
  const own = Object.entries(all).flatMap(([labels, count]) => {
    const outcome = /backend="remote",outcome="(\w+)"/.exec(labels)?.[1]
    return outcome !== undefined && count > 0 ? [[outcome, count]] : []
  })
  return Object.fromEntries(own)
}

describe.each(Object.keys(kinds) as (keyof typeof kinds)[])('[S4] an engine of kind %s', (kind) => {
  beforeEach(() => start(kind))

  const all = { ...faults, ...(kind !== 'tei' && itemFaults) }
  it.each(Object.keys(all) as Fault[])('that %s gives out no wrong vector and stores none', async (fault) => {
    upstream.fault = fault
    const before = upstream.sentBytes()
    const answer = await ask()
    expectTrue(answer)
    expect(served(answer)).toEqual(['local', 'true', 'miss'])
    expect(await outcomes()).toEqual({ [classes[fault] ?? 'failure']: 1 })
    // What the kernel's buffers took is not held by the gateway.
    expect(upstream.sentBytes() - before).toBeLessThan(16e6)

    upstream.fault = undefined
    expectTrue(await ask())
    const again = await ask(texts, { 'cache-control': 'no-cache' })
    expectTrue(again)
    expect(served(again)).toEqual(['remote', 'false', 'miss'])
  })

  it('is asked for what it is configured for, with its own key and none of the caller', async () => {
    const callers = {
      authorization: 'Bearer sk-of-the-caller',
      cookie: 'a=b',
      'x-forwarded-for': '10.0.0.1',
      'accept-language': 'de',
    }
    const answer = await ask(texts, { ...callers, 'x-request-id': 'req-1', 'accept-encoding': 'gzip' })
    expect(served(answer)).toEqual(['remote', 'false', 'miss'])
    const { headers, url } = upstream.seen.at(-1) ?? {}
    expect(url).toBe(kind === 'tei' ? '/embed' : '/embeddings')
    expect(headers).toMatchObject({
      authorization: 'Bearer sk-of-the-entry',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      'x-request-id': 'req-1',
    })
    const known = ['accept', 'accept-encoding', 'authorization', 'connection', 'content-length', 'content-type', 'host']
    expect(Object.keys(headers ?? {}).toSorted()).toEqual([...known, 'user-agent', 'x-request-id'])
  })

  it('that refuses the input is not to blame, and its words are not passed on', async () => {
    upstream.fault = 'refuses the input'
    const { status, body } = await ask()
    expect([status, body.error.code]).toEqual([400, 'EG_INPUT_REJECTED'])
    expect(JSON.stringify(body)).not.toContain(secretText)
    expect(await outcomes()).toEqual({ caller: 1 })
  })

  it('has texts cut that it refuses for their length, those and no others', async () => {
    const long = 'word '.repeat(1_000)
    const input = ['short', long, 'also short', `${long} and longer`, 'last']
    const answer = await ask(input)
    expectTrue(
      answer,
      input.map((text) => text.slice(0, maxCharacters)),
    )
    expect(served(answer)).toEqual(['remote', 'false', 'miss'])
    expect(answer.headers.get('x-embedgate-truncated')).toBe('true')
    const short = await ask(['short', 'also short'])
    expect([short.headers.get('x-embedgate-cache'), short.headers.get('x-embedgate-truncated')]).toEqual([
      'hit',
      'false',
    ])
  })

  it('reports the tokens that it counted', async () => {
    const { body } = await ask(['a text of 24 characters.'])
    expect(body.usage).toEqual({ prompt_tokens: 6, total_tokens: 6 })
  })
})

describe('what is unusual and right', () => {
  beforeEach(() => start('openai'))

  it.each(Object.keys(oddities) as Fault[])('is understood: an engine that %s', async (fault) => {
    upstream.fault = fault
    const answer = await ask()
    expectTrue(answer)
    expect(served(answer)).toEqual(['remote', 'false', 'miss'])
  })
})
