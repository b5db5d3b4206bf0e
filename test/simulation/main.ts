import { parseArgs } from 'node:util'
import { machine } from '../../bench/measure/machine.ts'
import type { Finding } from '../../bench/report/finding.ts'
import { printFinding, printMachine, progress, say } from '../../bench/report/print.ts'
import { writeResults } from '../../bench/report/results.ts'
import { runHistories } from './report.ts'
import { findingOf, runScenarios } from './scenarios/report.ts'
import { measure } from './scenarios/measure.ts'
import { losses } from './scenarios/scenario.ts'
import { simulate } from './simulate.ts'

const usage = `npm run simulate -- [--seeds N] [--from S] [--losses N] [--record]
npm run simulate -- --seed N [--loss ${losses.join('|')}]
  --seeds   histories to play (1000; 0 with --losses)
  --from    the first seed (1)
  --losses  losses of a first tier to play, of each kind
  --record  writes test/simulation/results/<date>-<commit>.json and .md
  --seed    plays one history and says what happens
Exit code 1 when something did not hold.`

/** Runs what the command line says; returns the exit code. */
const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      loss: { type: 'string' },
      losses: { type: 'string', default: '0' },
      record: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [from, lossCount] = [Number(values.from), Number(values.losses)]
  const seeds = Number(values.seeds ?? (lossCount > 0 ? 0 : 1_000))
  const loss = losses.find((each) => each === values.loss)
  if (values.help || (values.loss !== undefined && !loss) || ![from, lossCount, seeds].every(Number.isInteger)) {
    say(usage)
    return values.help ? 0 : 2
  }
  if (values.seed !== undefined) return replay(Number(values.seed), loss)

  const here = machine()
  printMachine(here)
  const findings: Finding[] = []
  const failed: string[] = []
  if (seeds > 0) {
    const histories = await runHistories(seeds, from, progress)
    findings.push(histories.finding)
    failed.push(...histories.failed)
  }
  if (lossCount > 0) {
    const summaries = await runScenarios(lossCount, from, progress)
    findings.push(findingOf(summaries))
    failed.push(...summaries.flatMap((summary) => summary.failed))
  }
  for (const finding of findings) printFinding(finding)
  for (const line of failed.slice(0, 20)) say(line)
  if (values.record) {
    const path = writeResults(here, findings, { folder: 'test/simulation/results', title: 'Simulation' })
    say(`\nWritten to ${path}.json and .md`)
  }
  return failed.length > 0 ? 1 : 0
}

const replay = async (seed: number, loss: (typeof losses)[number] | undefined): Promise<number> => {
  const breaches = loss
    ? (await measure(loss, seed, say)).breaches
    : (await simulate(seed, { tell: say })).breaches.map(({ invariant, what }) => `${invariant}: ${what}`)
  say(breaches.length === 0 ? 'everything held' : `did not hold:\n  ${breaches.join('\n  ')}`)
  return breaches.length > 0 ? 1 : 0
}

process.exitCode = await main()
