import { parseArgs } from 'node:util'
import { benchmarks } from './goals/index.ts'
import { settings } from './goals/settings.ts'
import { checkTokenCounts } from './load/check-words.ts'
import { machine } from './measure/machine.ts'
import type { Finding } from './report/finding.ts'
import { printFinding, printMachine, progress, say } from './report/print.ts'
import { writeResults } from './report/results.ts'

const usage = `npm run bench [-- NAME... [--long] [--rounds N] [--minutes N] [--cycles N]]
  NAME       ${benchmarks.map(({ id }) => id).join(', ')}; all but ${benchmarks
    .filter(({ short }) => !short)
    .map(({ id }) => id)
    .join(' and ')} by default
  --long     everything, thoroughly, and writes bench/results/<date>-<commit>.json and .md
  --rounds   turns of each pair (3; long 5)
  --minutes  length of memory (15)
  --cycles   shutdowns (20; long 100)`

/** Runs what the command line names and prints it; returns the exit code: 2 for usage, 1 when a benchmark could not run. */
const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      long: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      minutes: { type: 'string' },
      cycles: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const names = positionals.map((name) => name.toLowerCase())
  const chosen = benchmarks.filter(({ id, short }) =>
    names.length > 0 ? names.includes(id.toLowerCase()) : short || values.long,
  )
  const unknown = names.filter((name) => !benchmarks.some(({ id }) => id.toLowerCase() === name))
  if (values.help || unknown.length > 0) {
    say(unknown.length > 0 ? `No benchmark is called ${unknown.join(', ')}.\n${usage}` : usage)
    return unknown.length > 0 ? 2 : 0
  }

  const number = (name: 'rounds' | 'minutes' | 'cycles') =>
    values[name] === undefined ? {} : { [name]: Number(values[name]) }
  const chosenSettings = settings(values.long, { ...number('rounds'), ...number('minutes'), ...number('cycles') })
  checkTokenCounts()
  const here = machine()
  printMachine(here)
  const findings: Finding[] = []
  let failures = 0
  for (const benchmark of chosen) {
    progress(`${benchmark.id} ...`)
    try {
      const finding = await benchmark.run(chosenSettings)
      findings.push(finding)
      printFinding(finding)
    } catch (error) {
      failures++
      say(`\n${benchmark.id}  could not run: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (values.long && findings.length > 0) say(`\nWritten to ${writeResults(here, findings)}.json and .md`)
  return failures > 0 ? 1 : 0
}

process.exitCode = await main()
