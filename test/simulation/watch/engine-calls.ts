import type { EmbedFn } from '../../../gateway/core/layer.ts'
import { said } from '../said.ts'

/** Calls that engines have, and had, of requests: parity probes are not counted. */
export interface EngineCalls {
  /** Puts a watch before an engine. */
  watched(backend: string, replica: number, embed: EmbedFn): EmbedFn
  /** Tells it that a breaker has changed its state: from half-open on, calls are probes. */
  noteBreaker(backend: string, replica: string, state: string): void
  /** The most probes that any engine had at once. */
  readonly mostProbes: number
}

interface Engine {
  isHalfOpen: boolean
  probes: number
}

/** No calls yet. @param tell of each call, and of its end */
export const engineCalls = (tell: (line: string) => void): EngineCalls => {
  const engines = new Map<string, Engine>()
  let mostProbes = 0
  const engineOf = (name: string): Engine => {
    const known = engines.get(name) ?? { isHalfOpen: false, probes: 0 }
    engines.set(name, known)
    return known
  }
  return {
    watched: (backend, replica, embed) => {
      const name = `${backend}/${replica}`
      const engine = engineOf(name)
      return (batch, call) => {
        if (call.requestId.startsWith('parity-')) return embed(batch, call)
        const isProbe = engine.isHalfOpen
        if (isProbe) mostProbes = Math.max(mostProbes, ++engine.probes)
        let isOver = false
        const end = (how: string): void => {
          if (isOver) return
          isOver = true
          if (isProbe) engine.probes--
          tell(`${call.requestId} ${name} ${how}`)
        }
        tell(`${call.requestId} ${name} has ${batch.texts.length} texts${isProbe ? ', as a probe' : ''}`)
        // A caller that has left has no probe any more, whatever the engine does.
        const ignoreEnd = isProbe ? call.onEnd(() => end('is left')) : () => {}
        const fails = (error: Error): void => end(`fails: ${said(error)}`)
        try {
          const answer = embed(batch, call)
          answer.then(() => end('answers'), fails)
          answer.then(ignoreEnd, ignoreEnd)
          return answer
        } catch (error) {
          fails(error as Error)
          ignoreEnd()
          throw error
        }
      }
    },
    noteBreaker: (backend, replica, state) => {
      const engine = engineOf(`${backend}/${replica}`)
      engine.isHalfOpen = state === 'half-open'
      // Calls that began before are no probes of the new state.
      engine.probes = 0
    },
    get mostProbes() {
      return mostProbes
    },
  }
}
