import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from '../measure/machine.ts'
import { packageRoot } from '../package-root.ts'
import type { Finding } from './finding.ts'
import { machineLine } from './print.ts'
import { markdownTable } from './table.ts'

/** Where results go, and what they are results of. */
export interface ResultsOf {
  /** Relative to the package; `bench/results` by default. */
  readonly folder: string
  /** Heads the page; `Benchmark` by default. */
  readonly title: string
}

/** Writes `<date>-<commit>.json` and `.md` into a folder, to be committed; returns their common path without the ending. */
export const writeResults = (
  machine: Machine,
  findings: readonly Finding[],
  { folder: inPackage, title }: ResultsOf = { folder: 'bench/results', title: 'Benchmark' },
): string => {
  const folder = join(packageRoot, inPackage)
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${machine.date.slice(0, 10)}-${machine.commit}`)
  writeFileSync(`${path}.json`, `${JSON.stringify({ machine, findings }, null, 2)}\n`)
  writeFileSync(`${path}.md`, markdown(title, machine, findings))
  return path
}

const markdown = (heading: string, machine: Machine, findings: readonly Finding[]): string =>
  [
    `# ${heading} of ${machine.date.slice(0, 10)}`,
    '',
    machineLine(machine),
    ...findings.flatMap(({ id, title, head, rows, notes }) => [
      '',
      `## ${id}: ${title}`,
      '',
      ...markdownTable(head, rows),
      ...notes.flatMap((note) => ['', note]),
    ]),
    '',
  ].join('\n')
