import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorTable, type ErrorCode } from '../../../../gateway/core/errors.ts'
import { errorMeanings } from '../../../../plugins/docs/error-meanings.ts'

const page = readFileSync(new URL('../../../../docs/Reference/errors.md', import.meta.url), 'utf8')

describe('errorMeanings', () => {
  it('says of every code that a client can meet what the page of errors says', () => {
    const rows = [...page.matchAll(/^\| `(EG_\w+)`\s*\| \d{3}\s*\| (.*?)\s*\|/gm)]
    expect(errorMeanings).toEqual(Object.fromEntries(rows.map(([, code, when]) => [code, when])))
  })

  it('leaves no such code out', () => {
    const codes = Object.keys(errorTable) as ErrorCode[]
    const answered = codes.filter((code) => errorTable[code].type !== 'start_up_error')
    expect(Object.keys(errorMeanings).sort()).toEqual(answered.sort())
  })
})
