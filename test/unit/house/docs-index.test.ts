import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const docs = resolve(import.meta.dirname, '../../../docs')
const index = readFileSync(join(docs, 'README.md'), 'utf8')
const links = [...index.matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) => target).filter((to) => !to.includes('://'))

describe('the index of the documentation', () => {
  it('links to every page', () => {
    const pages = ['Guides', 'Reference']
      .flatMap((folder) => readdirSync(join(docs, folder)).map((page) => `${folder}/${page}`))
      .filter((page) => page.endsWith('.md'))
      .concat('runbooks/README.md')
    expect(pages.filter((page) => !links.includes(page))).toEqual([])
  })

  it('leads to every runbook by the list of them', () => {
    const folder = join(docs, 'runbooks')
    const listed = readFileSync(join(folder, 'README.md'), 'utf8')
    expect(readdirSync(folder).filter((page) => page !== 'README.md' && !listed.includes(`](${page})`))).toEqual([])
  })

  it('has no dead links', () => {
    expect(links.filter((target) => !existsSync(join(docs, target)))).toEqual([])
  })
})
