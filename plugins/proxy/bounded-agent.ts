import { Agent, type Dispatcher } from 'undici'
import type { Clock } from '../../gateway/core/clock.ts'
import { GatewayError } from '../../gateway/core/errors.ts'

/** How much of an engine one request may take. */
export interface AgentBounds {
  /** Of a whole exchange. */
  readonly timeoutMs: number
  readonly maxAnswerBytes: number
}

/** The part of an undici dispatcher that the proxy uses, with each exchange bounded. */
export interface BoundedAgent {
  readonly request: Dispatcher['request']
  destroy(): Promise<void>
}

type Done = (error: Error | null, data: Dispatcher.ResponseData) => void

/** Connections to one engine: what is behind them may be slow, and must not take all descriptors. */
const connections = 64
const connectMs = 2_000
/** As in backends/remote: shorter than servers keep them, and names may move. */
const keepAliveMs = 4_000
const maxConnectionAgeMs = 60_000

/** An agent whose exchanges end after `timeoutMs` with `EG_DEADLINE`, and whose answers break off above their bound. */
export const boundedAgent = (clock: Clock, { timeoutMs, maxAnswerBytes }: AgentBounds): BoundedAgent => {
  const agent = new Agent({
    connections,
    connect: { timeout: connectMs },
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxAnswerBytes,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    clientTtl: maxConnectionAgeMs,
  })
  const request = (options: Dispatcher.RequestOptions, done: Done): void => {
    const stop = new AbortController()
    const cancel = clock.after(timeoutMs, () =>
      stop.abort(new GatewayError('EG_DEADLINE', `the engine took longer than ${timeoutMs} ms`)),
    )
    agent.request({ ...options, signal: stop.signal }, (error, data) => {
      if (error) cancel()
      else data.body.once('close', cancel)
      done(error, data)
    })
  }
  return { request: request as Dispatcher['request'], destroy: () => agent.destroy() }
}
