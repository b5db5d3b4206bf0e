import { setTimeout as sleep } from 'node:timers/promises'
import { burst } from './burst.ts'
import { closedLoop } from './closed-loop.ts'
import { openLoop } from './open-loop.ts'
import type { Arrivals, LoadMessage, LoadPlan } from './plan.ts'
import { random } from './random.ts'
import { recorder } from './recorder.ts'
import { sender, type Sender } from './sender.ts'
import { requestTexts, type RequestTexts } from './texts.ts'
import { workloads } from './workloads.ts'

/** A request that is to be cached and is refused so often ends the run. */
const mostAttempts = 20

/** Connections of an open run to each endpoint; more requests than this wait, and their waiting counts. */
const openConnections = 256

const connectionsFor = (arrivals: Arrivals): number => {
  if (arrivals.kind === 'closed') return arrivals.clients
  return arrivals.kind === 'open' ? openConnections : arrivals.requests
}

const tell = (message: LoadMessage): void => void process.send?.(message)

const run = async (plan: LoadPlan): Promise<void> => {
  const { arrivals } = plan
  const connection = sender(plan.target, connectionsFor(arrivals), plan.priority)
  const record = recorder()
  const next = await supply(plan, connection)
  const startMs = performance.now() + plan.warmUpMs
  const endMs = startMs + plan.durationMs
  setTimeout(() => tell({ phase: 'measuring' }), plan.warmUpMs)
  const measured = sleep(plan.warmUpMs + plan.durationMs).then(() => tell({ phase: 'measured' }))
  if (arrivals.kind === 'closed') await closedLoop(connection, next, arrivals.clients, startMs, endMs, record)
  else if (arrivals.kind === 'burst') await burst(connection, next, arrivals.requests, record)
  else await openLoop(connection, next, gaps(arrivals.perSecond, arrivals.poisson, plan.seed), startMs, endMs, record)
  await measured
  await connection.close()
  tell({ phase: 'done', report: record.report(plan.durationMs / 1000) })
  process.disconnect()
}

const supply = async (plan: LoadPlan, to: Sender): Promise<() => RequestTexts> => {
  const workload = workloads[plan.workload]
  const next = requestTexts(workload.lengths, plan.textsPerRequest ?? workload.textsPerRequest, plan.seed)
  if (plan.distinctRequests === undefined) return next
  const kept = Array.from({ length: plan.distinctRequests }, next)
  // Computing them may take long on a slow machine: only then does the clock begin.
  for (const { texts } of kept) await untilAnswered(to, texts)
  let turn = 0
  return () => kept[turn++ % kept.length] ?? next()
}

const untilAnswered = async (to: Sender, texts: readonly string[]): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await to.send(texts)
    } catch (error) {
      if (attempt === mostAttempts) throw error
      await sleep(attempt * 100)
    }
  }
}

const gaps = (perSecond: number, poisson: boolean, seed: number): (() => number) => {
  const next = random(seed)
  return () => (1000 / perSecond) * (poisson ? -Math.log(1 - next()) : 1)
}

// Listening keeps the channel, and with it the process, alive; the clock's timers do not.
process.on('message', (plan: LoadPlan) => void run(plan))
