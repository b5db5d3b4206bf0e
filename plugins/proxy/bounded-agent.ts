import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent, type Dispatcher } from 'undici'
import type { Clock } from '../../gateway/core/clock.ts'
import { GatewayError } from '../../gateway/core/errors.ts'

/** How much of an engine one request may take. */
export interface AgentBounds {
  /** Of a whole exchange. */
  readonly timeoutMs: number
  readonly maxAnswerBytes: number
  /** For the headers of an answer; 60 000 by default. */
  readonly headersMs?: number
  /** Between two parts of its body; 10 000 by default. */
  readonly silenceMs?: number
}

/** The part of an undici dispatcher that the proxy uses, with each exchange bounded. */
export interface BoundedAgent {
  readonly request: Dispatcher['request']
  /** Runs `work`; what it asks for is given up when `signal` is aborted, and ends with its reason. */
  until<T>(signal: AbortSignal, work: () => T): T
  destroy(): Promise<void>
}

type Done = (error: Error | null, data: Dispatcher.ResponseData) => void

/** Connections to one engine: what is behind them may be slow, and must not take all descriptors. */
const connections = 64
const connectMs = 2_000
/** As in backends/remote: shorter than servers keep them, and names may move. */
const keepAliveMs = 4_000
const maxConnectionAgeMs = 60_000

/** As in backends/remote: some engines load a model for their first answer, and none is silent for long in the middle of one. */
const defaults = { headersMs: 60_000, silenceMs: 10_000 } as const

/** An agent whose exchanges end after `timeoutMs` with `EG_DEADLINE`, and whose answers break off above their bounds. */
export const boundedAgent = (clock: Clock, bounds: AgentBounds): BoundedAgent => {
  const { timeoutMs, maxAnswerBytes, headersMs, silenceMs } = { ...defaults, ...bounds }
  const waiting = new AsyncLocalStorage<AbortSignal>()
  const agent = new Agent({
    connections,
    connect: { timeout: connectMs },
    headersTimeout: headersMs,
    bodyTimeout: silenceMs,
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
    const signal = waiting.getStore()
    const leave = (): void => stop.abort(signal?.reason)
    if (signal?.aborted) leave()
    else signal?.addEventListener('abort', leave, { once: true })
    const end = (): void => {
      cancel()
      signal?.removeEventListener('abort', leave)
    }
    agent.request({ ...options, signal: stop.signal }, (error, data) => {
      if (error) end()
      else data.body.once('close', end)
      done(error, data)
    })
  }
  return {
    request: request as Dispatcher['request'],
    until: (signal, work) => waiting.run(signal, work),
    destroy: () => agent.destroy(),
  }
}
