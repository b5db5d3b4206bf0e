import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from '../measure/machine.ts'
import { packageRoot } from '../package-root.ts'
import type { Finding } from './finding.ts'
import { machineLine } from './print.ts'
import { markdownTable } from './table.ts'

/**
 * Writes `bench/results/<date>-<commit>.json` and `.md`, to be committed; returns their common path without the ending.
 *
 * @param kind what was run; anything but a benchmark is added to the names of the files
 */
export const writeResults = (
  machine: Machine,
  findings: readonly Finding[],
  kind: 'Benchmark' | 'Faults' = 'Benchmark',
): string => {
  const folder = join(packageRoot, 'bench/results')
  mkdirSync(folder, { recursive: true })
  const path = join(
    folder,
    `${machine.date.slice(0, 10)}-${machine.commit}${kind === 'Benchmark' ? '' : `-${kind.toLowerCase()}`}`,
  )
  writeFileSync(`${path}.json`, `${JSON.stringify({ machine, findings }, null, 2)}\n`)
  writeFileSync(`${path}.md`, markdown(kind, machine, findings))
  return path
}

const markdown = (kind: string, machine: Machine, findings: readonly Finding[]): string =>
  [
    `# ${kind} of ${machine.date.slice(0, 10)}`,
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
