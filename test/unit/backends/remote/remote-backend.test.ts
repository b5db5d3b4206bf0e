import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAiKind } from '../../../../backends/openai/index.ts'
import type { OpenAiOptions } from '../../../../backends/openai/options.ts'
import { teiKind } from '../../../../backends/tei/index.ts'
import { backendOf, type Backend } from '../../../../gateway/core/backend.ts'
import { noLog } from '../../../../gateway/core/log.ts'
import { batchOf, callOf, contextOf } from '../../../../gateway/testing/index.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { dims, startUpstream, type ScriptedUpstream } from '../../../faults/scripted-upstream.ts'
import { openTcpProxy } from '../../../faults/tcp-proxy.ts'
import { openAiOptions, teiOptions } from '../../../support/remote-options.ts'

let upstream: ScriptedUpstream
const made: Backend[] = []
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  await upstream[Symbol.asyncDispose]()
  await Promise.all(made.splice(0).map((backend) => backend.close()))
})

const openai = (over: Partial<OpenAiOptions> = {}): Backend => {
  const context = contextOf({ ...openAiOptions(upstream.url), ...over })
  const backend = backendOf('openai', context, openAiKind.create(context))
  made.push(backend)
  return backend
}
const tei = (): Backend => {
  const context = contextOf(teiOptions(upstream.url))
  const backend = backendOf('tei', context, teiKind.create(context))
  made.push(backend)
  return backend
}
const bodies = (): unknown[] => upstream.seen.flatMap(({ body }) => (body === undefined ? [] : [body]))
const anySignal = (): AbortSignal => new AbortController().signal

describe('a remote engine', () => {
  it('starts by embedding one short text', async () => {
    await tei().start()
    expect(bodies()).toEqual([{ inputs: ['ok'], truncate: false, normalize: true }])
  })

  it('is asked for a width only when its entry says so', async () => {
    await openai({ sendDimensions: true, encoding: 'float' }).start()
    expect(bodies()[0]).toEqual({ model: 'synthetic', input: ['ok'], encoding_format: 'float', dimensions: dims })
  })

  it.each([
    ['answers 401', 'the engine answered with status 401, invalid_api_key'],
    ['answers 404', 'the engine answered with status 404, server_error'],
    ['redirects', 'the engine answered with status 302, server_error'],
    ['sends HTML', 'the answer of the engine is not JSON'],
    ['sends rows that are too narrow', `row 0 of the answer is no base64 of ${dims} floats`],
  ] as const)('does not start when it %s, and says why', async (fault, message) => {
    upstream.fault = fault
    await expect(openai().start()).rejects.toThrow(message)
  })

  it('does not start when the width of its entry is wrong', async () => {
    await expect(openai({ dims: 5, encoding: 'float' }).start()).rejects.toThrow('has width 8, not 5')
  })

  it('does not start, and embeds nothing, when its health says that it cannot', async () => {
    upstream.status = 503
    await expect(openai().start()).rejects.toMatchObject({
      fault: 'unavailable',
      message: 'the engine answers /models with 503',
    })
    expect(bodies()).toEqual([])
  })

  it('does not start where nothing answers within 2 s, although a first text may take 30 s', async () => {
    await using hole = await openTcpProxy({ host: '127.0.0.1', port: upstream.port })
    await hole.set({ connections: 'blackhole' })
    const clock = fakeClock()
    const context = { ...contextOf(openAiOptions(`http://127.0.0.1:${hole.port}`)), clock }
    const backend = backendOf('openai', context, openAiKind.create(context))
    made.push(backend)
    const starting = backend.start()
    starting.catch(() => {})
    await clock.advance(2_000)
    await expect(starting).rejects.toMatchObject({ fault: 'timeout' })
    expect(clock.pending).toBe(0)
  })

  it('does not start once it was closed', async () => {
    const backend = openai()
    await backend.close()
    await expect(backend.start()).rejects.toMatchObject({ fault: 'unavailable' })
  })

  it.each([
    [200, 'up'],
    [404, 'up'],
    [403, 'up'],
    [401, 'down'],
    [503, 'down'],
  ])('whose cheap route answers %i is %s', async (status, state) => {
    upstream.status = status
    expect(await openai().health(anySignal())).toMatchObject({ state })
    expect(await tei().health(anySignal())).toMatchObject({ state })
    expect(upstream.seen.map(({ url }) => url)).toEqual(['/models', '/health'])
  })

  it('that is gone fails its health check', async () => {
    const backend = openai()
    await upstream[Symbol.asyncDispose]()
    await expect(backend.health(anySignal())).rejects.toMatchObject({ fault: 'connection' })
    upstream = await startUpstream()
  })

  it('takes as many texts and tokens at once as its entry says; of TEI only texts are counted', () => {
    expect(openai({ maxRequestTokens: 5_000 }).limits).toEqual({ texts: 32, tokens: 5_000 })
    expect(tei().limits).toEqual({ texts: 32 })
  })

  it('claims a space, and a tei engine without a model none', () => {
    expect(openai().space).toMatchObject({ model: 'synthetic', dims, pooling: 'unknown', maxTokens: 256 })
    const { model: _none, ...others } = teiOptions(upstream.url)
    const unnamed = teiKind.create(contextOf(others))
    expect(unnamed).not.toHaveProperty('space')
    expect(unnamed).toMatchObject({ maxTokens: 256 })
  })

  it('tells of the routes that its entry lists, and of none without a list', () => {
    expect(openai({ proxy: ['GET /models'] }).passThrough?.routes).toEqual(['GET /models'])
    expect(openai().passThrough).toBeUndefined()
  })
})

describe('an openai engine that reads less than its entry says', () => {
  const message = 'the engine reads less than 2000 tokens of a text: set backends.test.maxTokens to what it reads'

  it('starts all the same, by a short text alone: it serves short ones, and long ones may keep it busy', async () => {
    await openai({ maxTokens: 2_000 }).start()
    expect(bodies().map((body) => (body as { input: string[] }).input)).toEqual([['ok']])
  })

  it('has failed, not the caller, when it refuses a text of fewer bytes than tokens', async () => {
    const backend = openai({ maxTokens: 2_000 })
    const call = callOf()
    for (const truncate of [true, false]) {
      for (const texts of [['x'.repeat(1_500)], ['short', 'x'.repeat(1_500), 'short too']]) {
        const refused = backend.embed(batchOf(texts, { truncate }), call)
        await expect(refused).rejects.toMatchObject({ fault: 'status', outcome: 'failure', message })
      }
    }
    call.release()
  })

  it('says so in the log, once', async () => {
    const warned: unknown[] = []
    const log = { ...noLog, warn: (fields: object, text: string) => void warned.push([fields, text]) }
    const context = { ...contextOf({ ...openAiOptions(upstream.url), maxTokens: 2_000 }), log }
    const backend = backendOf('openai', context, openAiKind.create(context))
    made.push(backend)
    const call = callOf()
    for (let time = 0; time < 3; time++) {
      await expect(backend.embed(batchOf(['x'.repeat(1_500)]), call)).rejects.toMatchObject({ fault: 'status' })
    }
    call.release()
    expect(warned).toEqual([[{ backend: 'test', replica: 0 }, message]])
  })

  it('has failed, not the caller, when it refuses every beginning of a text that it is to cut', async () => {
    const call = callOf()
    const refused = openai({ maxTokens: 2_000 }).embed(batchOf(['x'.repeat(9_000)]), call)
    await expect(refused).rejects.toMatchObject({ fault: 'status', outcome: 'failure', message })
    call.release()
  })

  it('refuses what may be too long for it where texts may not be cut: that is the caller', async () => {
    const call = callOf()
    const refused = openai({ maxTokens: 2_000 }).embed(batchOf(['x'.repeat(9_000)], { truncate: false }), call)
    await expect(refused).rejects.toMatchObject({ code: 'EG_INPUT_TOO_LONG' })
    call.release()
  })
})

describe('a tei engine', () => {
  it('is down when it has become another one, until it has been started again', async () => {
    const backend = tei()
    await backend.start()
    expect(await backend.health(anySignal())).toEqual({ state: 'up' })
    upstream.info = { ...upstream.info, model_sha: 'another' }
    const detail = 'the engine has another model_sha than when it started'
    expect(await backend.health(anySignal())).toEqual({ state: 'down', detail })
    await backend.start()
    expect(await backend.health(anySignal())).toEqual({ state: 'up' })
    upstream.info = { ...upstream.info, model_id: 'other' }
    await expect(backend.start()).rejects.toMatchObject({ fault: 'protocol' })
  })

  it('is told to refuse what is too long, and to cut only what it refused', async () => {
    const call = callOf()
    await tei().embed(batchOf(['short', 'x'.repeat(2_000)]), call)
    call.release()
    expect(bodies().map((body) => (body as { inputs: string[]; truncate: boolean }).truncate)).toEqual([
      false,
      false,
      false,
      true,
    ])
    expect(bodies().at(-1)).toMatchObject({ inputs: ['x'.repeat(2_000)], normalize: true })
  })
})
