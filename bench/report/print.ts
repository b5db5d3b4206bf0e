import type { Machine } from '../measure/machine.ts'
import type { Finding } from './finding.ts'
import { table } from './table.ts'

/** Writes a line to standard output. */
export const say = (line = ''): void => void process.stdout.write(`${line}\n`)

/** Progress goes to standard error, so that the tables can be piped. */
export const progress = (line: string): void => void process.stderr.write(`  ${line}\n`)

/** Prints where the run is made. */
export const printMachine = (machine: Machine): void => {
  say(machineLine(machine))
  if (machine.loadAverage > 0.5)
    say(`The machine was busy before the run (load ${machine.loadAverage}): trust ratios, not absolute figures.`)
}

/** One line with all facts. */
export const machineLine = (machine: Machine): string =>
  [
    machine.cpu,
    `${machine.cores} cores`,
    machine.instructionSets.join(' '),
    `${machine.memoryGiB} GiB`,
    `Node ${machine.node}`,
    `onnxruntime ${machine.onnxruntime}`,
    `commit ${machine.commit}`,
    machine.date,
  ].join(' · ')

/** Prints a finding as a readable table. */
export const printFinding = (finding: Finding): void => {
  say()
  say(`${finding.id}  ${finding.title}`)
  for (const line of table(finding.head, finding.rows)) say(`  ${line}`)
  for (const note of finding.notes) say(`  ${note}`)
}
