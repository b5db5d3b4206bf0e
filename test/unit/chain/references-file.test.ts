import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readReferences, writeReferences } from '../../../gateway/chain/references-file.ts'
import { outcome, referencesOf } from './fakes.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'references-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('a reference file', () => {
  it('is read as it was written', async () => {
    const path = join(folder, 'good.json')
    const references = { ...referencesOf(5), truncated: [false, false, true, false, false] }
    await writeReferences(path, { ...references, vectors: references.vectors.subarray(0) })
    expect(await readReferences(path, 'models.m.references')).toEqual(references)
  })

  it.each([
    ['is missing', undefined],
    ['is not JSON', '{'],
    ['is not a map', '[]'],
    ['is null', 'null'],
    ['has no texts', '{"texts":[],"dims":4,"vectors":""}'],
    ['has a text that is none', '{"texts":[{"text":1}],"dims":1,"vectors":"AACAPw=="}'],
    ['has no width', '{"texts":[{"text":"a"}],"dims":0,"vectors":""}'],
    ['has too few numbers', '{"texts":[{"text":"a"}],"dims":2,"vectors":"AACAPw=="}'],
  ])('is refused when it %s', async (_what, content) => {
    const path = join(folder, 'bad.json')
    if (content === undefined) await rm(path, { force: true })
    else await writeFile(path, content)
    expect(await outcome(readReferences(path, 'models.m.references'))).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      param: 'models.m.references',
    })
  })
})
