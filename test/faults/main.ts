import { parseArgs } from 'node:util'
import { machine } from '../../bench/measure/machine.ts'
import type { Finding } from '../../bench/report/finding.ts'
import { printFinding, printMachine, progress, say } from '../../bench/report/print.ts'
import { writeResults } from '../../bench/report/results.ts'
import { abortsFinding } from './aborts/finding.ts'
import { judgeAborts, judgeTimes } from './aborts/judge.ts'
import { runAborts } from './aborts/run.ts'
import { failed, type Check } from './check.ts'
import { failoverFinding } from './failover/finding.ts'
import { judge } from './failover/judge.ts'
import { runFailover, type FailoverResult } from './failover/run.ts'
import { scenarios } from './failover/scenarios.ts'
import { flappingFinding } from './flapping/finding.ts'
import { judgeFlapping } from './flapping/judge.ts'
import { runFlapping } from './flapping/run.ts'
import { startReference } from './reference.ts'

const usage = `npm run failover [-- NAME... [--times N] [--callers N] [--minutes N]]
  NAME       ${[...scenarios.map(({ name }) => name), 'aborts', 'flapping'].join(', ')}; all by default
  --times    losses of each first tier (10)
  --callers  who leave, in aborts (10000)
  --minutes  length of flapping (20)
Writes test/faults/results/<date>-<commit>.json and .md. The exit code is 1 when a goal is not met.`

/** Runs what the command line names, prints it and writes it down; returns the exit code. */
const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      times: { type: 'string', default: '10' },
      callers: { type: 'string', default: '10000' },
      minutes: { type: 'string', default: '20' },
      help: { type: 'boolean', default: false },
    },
  })
  const chosen = (name: string): boolean => positionals.length === 0 || positionals.includes(name)
  const known = new Set([...scenarios.map(({ name }) => name), 'aborts', 'flapping'])
  const unknown = positionals.filter((name) => !known.has(name))
  if (values.help || unknown.length > 0) {
    say(unknown.length > 0 ? `Nothing is called ${unknown.join(', ')}.\n${usage}` : usage)
    return unknown.length > 0 ? 2 : 0
  }

  const here = machine()
  printMachine(here)
  const findings: Finding[] = []
  const checks: Check[] = []
  const note = (finding: Finding, found: readonly Check[]): void => {
    findings.push(finding)
    checks.push(...found)
    printFinding(finding)
  }

  const ways = scenarios.filter(({ name }) => chosen(name))
  if (ways.length > 0) {
    const results = await failover(ways, Number(values.times))
    note(failoverFinding(results, Number(values.times)), results.flatMap(judge))
  }
  if (chosen('aborts')) {
    progress('aborts ...')
    const result = await runAborts(Number(values.callers))
    note(abortsFinding(result), [...judgeAborts(result), ...judgeTimes(result)])
  }
  if (chosen('flapping')) {
    progress('flapping ...')
    const result = await runFlapping(Number(values.minutes) * 60)
    note(flappingFinding(result), judgeFlapping(result))
  }
  say(`\nWritten to ${writeResults(here, findings, { folder: 'test/faults/results', title: 'Faults' })}.json and .md`)
  return failed(checks).length > 0 ? 1 : 0
}

const failover = async (ways: typeof scenarios, times: number): Promise<readonly FailoverResult[]> => {
  const reference = await startReference()
  try {
    const results: FailoverResult[] = []
    for (const scenario of ways) {
      progress(`${scenario.name} ...`)
      const result = await runFailover(scenario, times, reference)
      for (const { what, found } of failed(judge(result))) progress(`  ${what}: ${found}`)
      results.push(result)
    }
    return results
  } finally {
    await reference.stop()
  }
}

process.exitCode = await main()
