import { cpSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tinyModel } from '../../unit/backends/onnx/tiny-model.ts'
import { embedgate, folderWith, start } from './program.ts'

/** A folder with a configuration that calls the model in `my-model` beside it `mine`, as the README shows. */
const own = (more = ''): string => {
  const folder = realpathSync(
    folderWith({
      'embedgate.yaml': `
server: { port: 0 }
admin: { port: 0 }
backends:
  cpu: { kind: onnx, device: cpu, model: ./my-model, workers: 1 }
  cached: { kind: cached }
models:
  mine: { chain: [cpu, cached]${more} }
`,
    }),
  )
  cpSync(tinyModel(), join(folder, 'my-model'), { recursive: true })
  return folder
}

describe('a model of one’s own', { timeout: 60_000 }, () => {
  it('is found beside the configuration, wherever the program is started', async () => {
    const folder = own()
    const { code, err } = await embedgate(['check', '--config', join(folder, 'embedgate.yaml')])
    expect([code, err]).toEqual([0, ''])
  })

  it('is known to `models` by its name in the configuration, and by its folder', async () => {
    const folder = own()
    expect((await embedgate(['models', 'list'], folder)).out).toMatch(
      new RegExp(`^mine +4 +8 +.* ${join(folder, 'my-model')}$`, 'm'),
    )
    for (const name of ['mine', './my-model']) {
      const { code, out } = await embedgate(['models', 'verify', name], folder)
      expect([name, code]).toEqual([name, 1])
      expect(out).toContain('--  cpu: the model has no references, so parity cannot be measured')
    }
  })

  it('is measured by the references that were recorded of it, once the configuration names them', async () => {
    const folder = own(', references: mine.references.json')
    const recorded = await embedgate(['models', 'verify', 'mine', '--record', 'mine.references.json'], folder)
    expect([recorded.code, recorded.err]).toEqual([0, ''])
    const verified = await embedgate(['models', 'verify', 'mine'], folder)
    expect([verified.code, verified.err]).toEqual([0, ''])
    expect(verified.out).toMatch(/^ok {2}cpu: min cosine (1\.0|0\.9999)/m)
    const checked = await embedgate(['check'], folder)
    expect([checked.code, checked.err]).toEqual([0, ''])
    expect(checked.out).not.toContain('has no references')
  })

  it('without references is served unmeasured, which `check` notes and `serve` warns of', async () => {
    const folder = own()
    const unmeasured = 'mine has no reference vectors, so that nothing measures what cpu computes'
    const { code, out } = await embedgate(['check'], folder)
    expect([code, out]).toEqual([0, expect.stringContaining(`note  ${unmeasured}`)])
    await using gateway = start(['serve'], folder)
    const [line] = await gateway.line(/.*has no reference vectors.*/)
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', msg: expect.stringContaining(unmeasured) })
  })

  it('is told by its whole path when it is not there, with the key that names it', async () => {
    const folder = own()
    for (const [model, reason] of [
      ['none', `there is no such folder: ${join(folder, 'none')}`],
      ['empty', `${join(folder, 'empty')} is no model folder: it lacks config.json, `],
    ] as const) {
      mkdirSync(join(folder, 'empty'), { recursive: true })
      const path = join(folder, `${model}.yaml`)
      writeFileSync(path, `backends: { cpu: { kind: onnx, model: ./${model} } }\nmodels: { m: { chain: [cpu] } }\n`)
      const { code, err } = await embedgate(['check', '--config', path])
      expect(code).toBe(1)
      expect(err).toContain(`backends.cpu.model: ${reason}`)
    }
  })
})
