import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorTable } from '../../../gateway/core/errors.ts'

const page = readFileSync(new URL('../../../docs/Reference/errors.md', import.meta.url), 'utf8')
const rows = new Map([...page.matchAll(/^\| `(EG_\w+)`\s*\| (\d{3})?/gm)].map(([, code, status]) => [code, status]))

describe('the page of errors', () => {
  it('has a row for every code, and for no other', () => {
    expect(new Set(rows.keys())).toEqual(new Set(Object.keys(errorTable)))
  })

  it('says the status of every code that a client can meet', () => {
    for (const [code, row] of Object.entries(errorTable)) {
      if (row.type !== 'start_up_error') expect([code, rows.get(code)]).toEqual([code, String(row.status)])
    }
  })
})
