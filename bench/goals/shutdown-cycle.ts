import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { freshSeed } from '../load/generate.ts'
import { requestTexts } from '../load/texts.ts'
import { workloads } from '../load/workloads.ts'
import { descendants } from '../measure/process-cpu.ts'
import { exitOf } from '../servers/child.ts'
import { startGateway } from '../servers/gateway.ts'

/** How one shutdown under load went. */
export interface ShutdownCycle {
  /** 0 is right; a signal's name when the process was killed or aborted. */
  readonly exit: number | string
  /** Requests in flight when the signal was sent. */
  readonly busyWith: number
  /** With vectors. */
  readonly answered: number
  /** Refused with an HTTP status: shed, or told that the gateway stops. */
  readonly refused: number
  /** Came with or after the signal and found no listener, or a closed connection. */
  readonly unconnected: number
  /** Sent well before the signal and told only then that the gateway stops. */
  readonly turnedAway: number
  /** Sent well before the signal and never answered: how old each was at the signal, and how it ended. */
  readonly lost: readonly { readonly ageMs: number; readonly reason: string }[]
  /** Processes of the gateway that were still there after it had ended. */
  readonly orphans: number
  /** From the signal to the end. */
  readonly stopMs: number
  /** Whether the log tells of an aborted process. */
  readonly abort: boolean
}

const clients = 32
/** A request sent so long before the signal has been accepted for certain. */
const acceptedMs = 50
const stopLimitMs = 60_000
const pauseAfterRefusalMs = 20

/**
 * Starts a gateway, keeps it busy with real lengths from 32 clients, sends SIGTERM in the middle, and watches what becomes
 * of every request and process. The clients go on until it is gone, as real ones do.
 *
 * @param busyMs how long it is busy before the signal
 */
export const shutdownCycle = async (busyMs: number): Promise<ShutdownCycle> => {
  const gateway = await startGateway()
  const next = requestTexts(workloads.W2.lengths, 1, freshSeed())
  const pool = new Pool(gateway.url, { connections: clients, pipelining: 1 })
  let signalMs = Infinity
  const ended = new AbortController()
  let inFlight = 0
  const counts = { answered: 0, refused: 0, unconnected: 0, turnedAway: 0 }
  const lost: { ageMs: number; reason: string }[] = []

  const client = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const sentMs = performance.now()
      inFlight++
      const answer = await ask(pool, next().texts)
      inFlight--
      const wasAccepted = sentMs < signalMs - acceptedMs
      if (answer === 200) counts.answered++
      else if (answer instanceof Error) {
        if (wasAccepted) lost.push({ ageMs: signalMs - sentMs, reason: answer.message })
        else counts.unconnected++
      } else counts[wasAccepted && answer === 'stopping' ? 'turnedAway' : 'refused']++
      if (answer !== 200) await sleep(pauseAfterRefusalMs)
    }
  }
  const all = Promise.all(Array.from({ length: clients }, client))
  await sleep(busyMs)
  const pids = gateway.pids.flatMap((pid) => [pid, ...descendants(pid)])
  const busyWith = inFlight
  signalMs = performance.now()
  gateway.child.kill('SIGTERM')
  const timer = setTimeout(() => gateway.child.kill('SIGKILL'), stopLimitMs)
  const exit = await exitOf(gateway.child)
  clearTimeout(timer)
  ended.abort()
  const stopMs = performance.now() - signalMs
  await all
  await pool.destroy()
  const orphans = pids.filter((pid) => existsSync(`/proc/${pid}`)).length
  const abort = /SIGABRT|terminate called|core dumped/.test(gateway.log())
  await gateway.stop()
  return { exit, busyWith, ...counts, lost, orphans, stopMs, abort }
}

/** 200, any other status, `stopping` for the refusal of a gateway that stops, or the error where no answer came. */
const ask = async (pool: Pool, texts: readonly string[]): Promise<number | 'stopping' | Error> => {
  try {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/v1/embeddings',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'all-MiniLM-L6-v2', input: texts, encoding_format: 'base64' }),
    })
    const answer = await body.text()
    return answer.includes('EG_SHUTTING_DOWN') ? 'stopping' : statusCode
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
