import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A model folder for the fake worker, gone with the test. */
export const fakeModel = async (script: object = { space: 'other' }): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'fake-model-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'fake.json'), JSON.stringify(script))
  return folder
}
