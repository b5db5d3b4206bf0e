import type { Plan } from './plan.ts'
import { recover, type Recovery } from './recovery.ts'
import { callerOf, type Asked } from './requests.ts'
import { restOf, type Rest } from './rest.ts'
import { buildWorld, type World, type WorldOptions } from './world.ts'

/** What a gateway has been through, for checkers to judge. */
export interface History {
  readonly plan: Plan
  readonly world: World
  readonly asked: readonly Asked[]
  readonly recovery: Recovery
  readonly rest: Rest
}

/** Plays a plan to its end: its requests, then the healing, then rest. */
export const play = async (plan: Plan, options: WorldOptions = {}): Promise<History> => {
  const world = await buildWorld(plan, options)
  const { clock } = world
  const tell = (line: string): void => options.tell?.(`${clock.now().toFixed(1).padStart(10)}  ${line}`)
  const caller = callerOf(plan, world, tell)
  for (const request of plan.requests) clock.outside.after(request.atMs, () => void caller.ask(request))
  const lastMs = plan.requests.at(-1)?.atMs ?? 0
  await clock.advance(Math.max(lastMs, plan.healedMs))
  tell('all faults are over')
  const recovery = await recover(plan, world, caller)
  tell(recovery.afterMs === undefined ? 'it has not recovered' : `it has recovered after ${recovery.afterMs} ms`)
  const rest = await restOf(plan, world, caller, recovery.afterMs !== undefined)
  return { plan, world, asked: caller.asked, recovery, rest }
}
