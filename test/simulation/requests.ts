import type { AbortableCall } from '../../gateway/core/call.ts'
import type { Embeddings } from '../../gateway/core/embeddings.ts'
import { CallerGone } from '../../gateway/core/errors.ts'
import { openRequestCall } from '../../gateway/http/open-call.ts'
import type { Plan, RequestPlan } from './plan.ts'
import { said } from './said.ts'
import type { World } from './world.ts'

/** A request, and what became of it. */
export interface Asked {
  readonly id: string
  readonly plan: RequestPlan
  readonly space: string
  readonly maxTokens: number
  readonly truncate: boolean
  readonly atMs: number
  readonly deadlineMs: number
  /** When its caller left. */
  leftMs?: number
  /** How often it was answered, with rows or with an error. */
  answers: number
  endedMs?: number
  answer?: Embeddings
  error?: unknown
  /** Listeners left on its call after it was released. */
  listeners: number
}

/** Asks as a route of `gateway/http` does, without the wire. */
export interface Caller {
  /** Opens a request now. Resolves when it has been answered. */
  ask(request: RequestPlan): Promise<Asked>
  readonly asked: readonly Asked[]
  /** Requests that are not answered yet. */
  running(): number
}

/** Nobody has asked yet. */
export const callerOf = (plan: Plan, world: World, tell: (line: string) => void): Caller => {
  const { app, clock } = world
  const asked: Asked[] = []
  const limits = { ...plan.settings.server, bulkTokens: plan.settings.limits.bulkTokens }
  let running = 0

  const ask = async (request: RequestPlan): Promise<Asked> => {
    const served = app.models.find(request.model)
    if (!served) throw new Error(`${request.model} is not served`)
    const { model, embed } = served
    const { texts, tenant } = request
    const id = `r${asked.length}`
    const identity = { name: tenant, tenant, priority: 'interactive' } as const
    const estimated = model.estimate.tokensOfAll(texts)
    const call = openRequestCall(clock, { id, headers: request.headers, identity, trace: null }, estimated, limits)
    const listening = countListeners(call)
    const truncate = model.onTooLong === 'truncate'
    const { maxTokens, model: space } = model.space
    const about: Asked = {
      id,
      plan: request,
      space,
      maxTokens,
      truncate,
      atMs: clock.now(),
      deadlineMs: call.deadline.atMs,
      answers: 0,
      listeners: 0,
    }
    asked.push(about)
    running++
    tell(`${id} asks ${request.model} for ${texts.length} texts, as ${tenant}, ${call.priority}, ${call.cache}`)
    const cancelLeaving =
      request.leavesAfterMs === undefined
        ? () => {}
        : clock.outside.after(request.leavesAfterMs, () => {
            about.leftMs = clock.now()
            tell(`${id} leaves`)
            call.abort(new CallerGone())
          })
    const batch = { texts, truncate, space: model.spaceId, minParity: model.minParity }
    try {
      about.answer = await embed(batch, call)
      tell(
        `${id} is answered by ${about.answer.trail.map(({ backend, outcome }) => `${backend} ${outcome}`).join(', ')}`,
      )
    } catch (error) {
      about.error = error
      tell(`${id} is refused: ${said(error)}`)
    } finally {
      running--
      cancelLeaving()
      call.release()
      about.answers++
      about.endedMs = clock.now()
    }
    // Whoever was told of the end in the same moment has had no time to stop listening.
    clock.outside.after(0, () => {
      about.listeners = listening()
    })
    return about
  }
  return { ask, asked, running: () => running }
}

/** Counts who listens on a call. One that has ended has told its listeners and forgotten them. */
const countListeners = (call: AbortableCall): (() => number) => {
  const listening = new Set<object>()
  const counted =
    <Args extends unknown[]>(listen: (...args: Args) => () => void) =>
    (...args: Args): (() => void) => {
      const mark = {}
      listening.add(mark)
      const stop = listen(...args)
      return () => {
        listening.delete(mark)
        stop()
      }
    }
  call.onEnd = counted(call.onEnd.bind(call))
  call.onRaise = counted(call.onRaise.bind(call))
  return () => (call.endedBy === undefined ? listening.size : 0)
}
