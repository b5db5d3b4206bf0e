import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeReferences } from '../../../../gateway/chain/references-file.ts'
import { backendsBeside, chainReferences } from '../../../../gateway/cli/verify/beside.ts'
import { parseConfig } from '../../../../gateway/config/load.ts'
import { referencesOf } from '../../chain/fakes.ts'

const configOf = (models: string) => {
  const kinds = 'cpu: { kind: onnx }, gpu: { kind: onnx }, a: { kind: tei }, b: { kind: tei }, cached: { kind: cached }'
  return parseConfig('test.yaml', `backends: { ${kinds} }\nmodels: { ${models} }\n`, {}).config
}
const shipped = { ...referencesOf(3), truncated: [false, false, true] }

describe('the backends beside local ones', () => {
  it('are those of the chains that one of them stands in, with the first model of each', () => {
    const config = configOf('m: { chain: [a, gpu, cpu, cached] }, n: { chain: [a, cpu] }, other: { chain: [b] }')
    expect([...backendsBeside(['gpu', 'cpu'], config)]).toEqual([
      ['a', 'm'],
      ['cached', 'm'],
    ])
    expect(backendsBeside([], config).size).toBe(0)
  })
})

describe('what they are measured by', () => {
  it('is what the model ships, without texts that are cut where none may be', async () => {
    const config = configOf('m: { chain: [a, cpu] }, whole: { chain: [b, cpu], onTooLong: refuse }')
    expect(await chainReferences('m', config, shipped)).toBe(shipped)
    expect(await chainReferences('whole', config, shipped)).toMatchObject({ texts: ['golden 0', 'golden 1'] })
    expect(await chainReferences('m', config, undefined)).toBeUndefined()
  })

  it('is the reference file of the configuration where there is one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'embedgate-beside-'))
    const file = join(folder, 'references.json')
    await writeReferences(file, referencesOf(5))
    const config = configOf(`m: { chain: [a, cpu], references: ${JSON.stringify(file)} }`)
    expect(await chainReferences('m', config, shipped)).toMatchObject({ texts: { length: 5 } })
    rmSync(folder, { recursive: true })
  })
})
