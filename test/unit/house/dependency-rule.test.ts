import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

/** What each room may import besides itself; `type:` marks what it may import as types only. The first match counts. */
const rules: readonly (readonly [room: RegExp, allowed: readonly RegExp[], types?: readonly RegExp[]])[] = [
  [/^gateway\/core\//, []],
  [/^gateway\/chain\//, [/^gateway\/core\//], [/^gateway\/decorators/]],
  [/^gateway\/config\//, [/^gateway\/core\//]],
  [/^gateway\/http\//, [/^gateway\/core\//], [/^gateway\/config\/schema/, /^gateway\/decorators/, /^plugins\//]],
  [/^gateway\/testing\//, [/^gateway\/core\//]],
  [/^gateway\/cli\//, [/./]],
  [/^gateway\/main\.ts/, [/^gateway\/cli\//]],
  [/^gateway\/[^/]+\.ts/, [/./]],
  [/^store\//, [/^gateway\/core\//], [/^gateway\/config\/schema/, /^gateway\/decorators/]],
  [/^backends\/cached\//, [/^gateway\/core\//, /^store\//], [/^gateway\/config\/schema/, /^gateway\/decorators/]],
  // What the kinds of remote engines share is a room of its own.
  [/^backends\/(openai|tei)\//, [/^gateway\/core\//, /^backends\/remote\//]],
  [/^backends\/[^/]+\//, [/^gateway\/core\//], [/^gateway\/config\/schema/, /^gateway\/decorators/]],
  // A second HTTP edge, with the answers of the first; what it changes is checked as the file is.
  [
    /^plugins\/admin\//,
    [/^gateway\/core\//, /^store\//, /^gateway\/http\//, /^gateway\/config\//],
    [/^gateway\/decorators/, /^plugins\//],
  ],
  [
    /^plugins\/[^/]+\//,
    [/^gateway\/core\//, /^store\//],
    [/^gateway\/config\/schema/, /^gateway\/decorators/, /^gateway\/http\/(requests|summary)/, /^plugins\//],
  ],
]

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const sources = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))

const importsOf = (from: string): Import[] =>
  [...readFileSync(join(root, from), 'utf8').matchAll(/^\s*(import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'/gm)].map(
    ([, , type, target = '']) => ({
      from,
      to: target.startsWith('.') ? relative(root, resolve(root, dirname(from), target)) : target,
      typeOnly: type !== undefined,
    }),
  )

const roomOf = (file: string): string =>
  file
    .split('/')
    .slice(0, /^(store|gateway\/[^/]+\.ts)/.test(file) ? 1 : 2)
    .join('/')

const isAllowed = ({ from, to, typeOnly }: Import): boolean => {
  if (!/^(gateway|backends|store|plugins|bench|test)\//.test(to)) return true
  if (roomOf(from) === roomOf(to)) return true
  const [, allowed = [], types = []] = rules.find(([room]) => room.test(from)) ?? []
  return [...allowed, ...(typeOnly ? types : [])].some((pattern) => pattern.test(to))
}

const files = ['gateway', 'backends', 'store', 'plugins'].flatMap(sources)

describe('the dependency rule', () => {
  it('lets every room import only what architecture allows', () => {
    const forbidden = files.flatMap(importsOf).filter((each) => !isAllowed(each))
    expect(forbidden.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
  })

  it('would notice a backend that imports a plugin, and core that imports anything', () => {
    expect(isAllowed({ from: 'backends/onnx/index.ts', to: 'plugins/cache/index.ts', typeOnly: false })).toBe(false)
    expect(isAllowed({ from: 'gateway/core/call.ts', to: 'gateway/chain/compose.ts', typeOnly: true })).toBe(false)
    expect(isAllowed({ from: 'plugins/cache/index.ts', to: 'plugins/auth/index.ts', typeOnly: false })).toBe(false)
  })

  it('keeps packages out of core, except the type of an options schema and the edit distance', () => {
    const packages = files
      .filter((file) => file.startsWith('gateway/core/'))
      .flatMap(importsOf)
      .filter(({ to }) => !to.startsWith('gateway/') && !to.startsWith('node:'))
    expect(
      packages.filter(({ to, typeOnly }) => !(to === 'typebox' && typeOnly) && to !== 'fastest-levenshtein'),
    ).toEqual([])
  })
})

describe('the size of files', () => {
  const lines = files.map((file) => ({ file, count: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))

  it('has a median below 80 lines', () => {
    const sorted = lines.map(({ count }) => count).sort((a, b) => a - b)
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(80)
  })

  it('has no file over 300 lines', () => {
    expect(lines.filter(({ count }) => count > 300)).toEqual([])
  })
})
