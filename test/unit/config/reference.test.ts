import { format } from 'prettier'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../../../gateway/config/json-schema.ts'
import { referencePage } from '../../../gateway/config/reference-page.ts'
import style from '../../../.prettierrc.json' with { type: 'json' }

const folder = '../../../docs/Reference'
type Options = NonNullable<Parameters<typeof format>[1]>
const pretty = (text: string, parser: string): Promise<string> => format(text, { ...(style as Options), parser })

// `npm run docs:config` writes both anew.
describe('the reference of the configuration', () => {
  it('is the page that is committed', async () => {
    await expect(await pretty(referencePage(), 'markdown')).toMatchFileSnapshot(`${folder}/configuration.md`)
  })

  it('is the schema that is committed', async () => {
    const schema = await pretty(JSON.stringify(configSchema()), 'json')
    await expect(schema).toMatchFileSnapshot(`${folder}/config.schema.json`)
  })

  it('has a row for every key, with what it is for', () => {
    const rows = referencePage()
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    expect(rows.length).toBeGreaterThan(30)
    expect(rows.filter((row) => row.endsWith('|  |'))).toEqual([])
  })

  it('requires nothing that has a default', () => {
    expect(configSchema()).not.toHaveProperty('required')
    expect(configSchema()).toHaveProperty('properties.auth.properties.keys.items.required', [
      'name',
      'sha256',
      'tenant',
    ])
  })
})
