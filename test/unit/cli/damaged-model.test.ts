import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { buildApp } from '../../../gateway/app.ts'
import { damagedModel } from '../../../gateway/cli/local/damaged-model.ts'
import { untilServed } from '../../../gateway/cli/server/until-served.ts'
import { parseConfig } from '../../../gateway/config/load.ts'
import { captured } from './captured.ts'

/** A kind of backend that is in a state of its own. */
const plugin = `
const states = {
  up: { start: async () => {} },
  never: { start: () => new Promise(() => {}) },
  absent: { start: async () => { throw Object.assign(new Error('no device'), { fault: 'absent' }) } },
  down: { start: async () => { throw new Error('refused') } },
  damaged: {
    start: async () => { throw new Error('/m/model.onnx: is damaged; fetch it again') },
    health: async () => ({ state: 'down', code: 'EG_MODEL_CORRUPT', detail: '/m/model.onnx: is damaged; fetch it again' }),
  },
}
const plugin = async (app) => {
  const { create } = app.backends.kinds().get('synthetic')
  // Any vector will do: the floor of the model is below all.
  const references = { texts: ['a'], dims: 384, vectors: new Float32Array(384).fill(1 / Math.sqrt(384)) }
  const usual = { dims: 384, maxTokens: 256, latencyMs: 0, msPerToken: 0, jitterMs: 0, failRatio: 0, seed: 1, faults: [] }
  app.backends.register('odd', {
    options: { type: 'object', properties: { is: { type: 'string' } } },
    create: (context) => ({ ...create({ ...context, options: usual }), references, ...states[context.options.is] }),
  })
}
plugin[Symbol.for('skip-override')] = true
export default plugin
`
const folder = mkdtempSync(join(tmpdir(), 'embedgate-cli-'))
writeFileSync(join(folder, 'odd.mjs'), plugin)
afterAll(() => rmSync(folder, { recursive: true }))

const yamlOf = (backends: string, chain = 'a, b'): string =>
  `dataDir: ${folder}\ntelemetry: { logLevel: silent }\nplugins: [./odd.mjs]\nbackends: { ${backends} }\nmodels: { m: { chain: [${chain}], minParity: -1 } }\n`

const appOf = async (backends: string, chain?: string): Promise<FastifyInstance> => {
  const app = await buildApp(parseConfig('test.yaml', yamlOf(backends, chain), {}).config, { baseDir: folder })
  onTestFinished(() => app.close())
  await app.ready()
  return app
}

const odd = (is: string, more = ''): string => `{ kind: odd, is: ${is}${more} }`
const served = 'fake: { kind: synthetic, optional: true }'

describe('a model whose files are damaged', () => {
  it('ends the wait for it, with the path and the remedy', async () => {
    const app = await appOf(`a: ${odd('damaged')}`, 'a')
    await expect(untilServed(app, () => {})).rejects.toMatchObject({
      code: 'EG_MODEL_CORRUPT',
      message: '/m/model.onnx: is damaged; fetch it again',
    })
  })

  it('is told by `embedgate embed`, which exits 1', async () => {
    const path = join(folder, 'c.yaml')
    writeFileSync(path, yamlOf(`a: ${odd('damaged')}`, 'a'))
    const { code, err } = await captured(['embed', 'text', '--config', path])
    expect([code, err]).toEqual([1, 'EG_MODEL_CORRUPT\n  /m/model.onnx: is damaged; fetch it again\n'])
  })

  it('is none while another tier serves it, or may yet', async () => {
    const cases = [`a: ${odd('damaged')}, b: ${odd('never', ', optional: true')}`, `a: ${odd('damaged')}, ${served}`]
    for (const [index, backends] of cases.entries()) {
      const app = await appOf(backends, index === 0 ? 'a, b' : 'a, fake')
      await expect.poll(() => app.backends.replicas()[0]?.state).toBe('down')
      if (index === 1) await untilServed(app, () => {})
      expect(await damagedModel(app)).toBeUndefined()
    }
  })

  it('is none while a backend that the machine must have is down for another reason', async () => {
    const app = await appOf(`a: ${odd('damaged')}, b: ${odd('down')}`)
    await expect.poll(() => app.backends.replicas().map(({ state }) => state)).toEqual(['down', 'down'])
    expect(await damagedModel(app)).toBeUndefined()
  })

  it('is one where only optional backends are down for another reason', async () => {
    const app = await appOf(`a: ${odd('down', ', optional: true')}, b: ${odd('damaged')}`)
    await expect.poll(() => app.backends.replicas().map(({ state }) => state)).toEqual(['down', 'down'])
    expect(await damagedModel(app)).toMatchObject({ code: 'EG_MODEL_CORRUPT' })
  })
})

describe('untilServed', () => {
  it('ends when the gateway is closed', async () => {
    const app = await appOf(`a: ${odd('never')}`, 'a')
    const waiting = untilServed(app, () => {})
    await app.close()
    await waiting
  })
})
