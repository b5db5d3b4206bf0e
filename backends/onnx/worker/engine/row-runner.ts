import type { EngineParts } from '../engine.ts'
import type { PieceEntry } from './piece.ts'
import { noteBatch } from './piece-trace.ts'
import { Refusal } from './refusal.ts'
import { ownersTold } from './running-rows.ts'

/** Runs rows as one batch and delivers them to their pieces. Never rejects. */
export type RunRows = (rows: readonly PieceEntry[], paddedTokens: number) => Promise<void>

/**
 * Makes what runs batches. When the runtime throws for a batch, its rows run alone, so that one bad text fails alone. When
 * it then also throws for a text that it has run before, the device is lost; otherwise the text is at fault.
 */
export const rowRunner = ({ session, tokenizer, clock, stats, onRunning, onLost }: Parts): RunRows => {
  const probe = tokenizer.encode('a').ids
  const tellOwners = ownersTold()
  let lost: Error | undefined
  let batches = 0

  const attempt = async (rows: readonly PieceEntry[], paddedTokens: number): Promise<Error | undefined> => {
    const startedMs = clock.now()
    onRunning(
      rows.map(({ piece, row }) => [piece.id, row]),
      paddedTokens,
      rows[0]?.priority ?? 'interactive',
    )
    tellOwners(rows)
    const forwardFromMs = clock.now()
    const ids = rows.map((entry) => entry.ids)
    const vectors = await session.run(ids).catch(asError)
    if (vectors instanceof Error) return vectors
    const forwardToMs = clock.now()
    stats.add({
      rows: rows.length,
      tokens: ids.reduce((sum, each) => sum + each.length, 0),
      paddedTokens,
      waitMs: rows.map((entry) => forwardFromMs - entry.enqueuedAtMs),
      inferenceMs: forwardToMs - forwardFromMs,
    })
    noteBatch(rows, { number: ++batches, texts: rows.length, paddedTokens, startedMs, forwardFromMs, forwardToMs })
    rows.forEach(({ piece, row }, at) =>
      piece.deliver(row, vectors.subarray(at * session.dims, (at + 1) * session.dims)),
    )
    return undefined
  }

  const checkDevice = async (): Promise<void> => {
    const failure = await session.run([probe]).then(() => undefined, asError)
    if (!failure) return
    lost = failure
    onRunning([], 0, 'interactive')
    tellOwners([])
    onLost(failure)
  }

  const runAlone = async (entry: PieceEntry): Promise<void> => {
    if (entry.piece.isSettled()) return
    const failure = lost ?? (await attempt([entry], entry.ids.length))
    if (!failure) return
    if (!lost) await checkDevice()
    const reason = lost ? 'inference' : 'rejected'
    entry.piece.refuse(new Refusal(reason, `the runtime failed on text ${entry.row}: ${failure.message}`))
  }

  return async (rows, paddedTokens) => {
    if (!lost && rows.length > 1 && !(await attempt(rows, paddedTokens))) return
    for (const entry of rows) await runAlone(entry)
  }
}

type Parts = Pick<EngineParts, 'session' | 'tokenizer' | 'clock' | 'stats' | 'onRunning' | 'onLost'>

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
