import { fork } from 'node:child_process'
import { compiled } from '../package-root.ts'
import type { LoadMessage, LoadPlan, LoadReport } from './plan.ts'

/** What the caller does at the edges of the counted time, e.g. read the server's processor time. */
export interface LoadWatch {
  readonly onMeasuring?: () => void
  readonly onMeasured?: () => void
}

/**
 * Runs a plan in a process of its own, so that the generator's processor time is never the server's.
 *
 * @throws when the generator dies before it has reported
 */
export const generateLoad = async (plan: LoadPlan, watch: LoadWatch = {}): Promise<LoadReport> => {
  const child = fork(compiled('bench/load/main.js'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return new Promise((resolve, reject) => {
    child.on('message', (message: LoadMessage) => {
      if (message.phase === 'measuring') watch.onMeasuring?.()
      else if (message.phase === 'measured') watch.onMeasured?.()
      else resolve(message.report)
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the load generator ended with ${code} before it had reported`)))
    child.send(plan)
  })
}

let seeds = 0

/** A seed that no earlier load of this run had: its texts are new to every server. */
export const freshSeed = (): number => seeds++

/** Texts answered per second, whatever else came: of servers that are meant to refuse what is too much. */
export const answeredPerSecond = (report: LoadReport): number => report.texts / report.seconds

/** Texts per second of a run. @throws when anything went wrong in it: a rate with errors in it means nothing */
export const textsPerSecond = (report: LoadReport): number => {
  const errors = Object.entries(report.errors)
  if (errors.length > 0)
    throw new Error(`the load met errors: ${errors.map(([name, count]) => `${count} x ${name}`).join(', ')}`)
  return answeredPerSecond(report)
}
