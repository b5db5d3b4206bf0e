import type { Clock } from '../../../gateway/core/clock.ts'
import { fileWorkInTime } from '../../../gateway/core/file-work.ts'
import { late } from '../../../gateway/core/in-time.ts'
import type { Log } from '../../../gateway/core/log.ts'

/** How long anybody waits for the file of the token: a disk that works takes milliseconds. */
export const tokenLimitMs = 2_000

/** What a kept token lives on. */
export interface KeptTokenOptions {
  /** Reads the token, or makes it. */
  readonly read: () => Promise<string>
  readonly clock: Pick<Clock, 'after'>
  readonly log: Log
}

/**
 * A token that is read when it is first needed: commands that do not listen leave none behind. After a failure the next caller
 * tries again, but never while an earlier try hangs: each would hold another of the few threads that files and host names share.
 *
 * @returns the token; rejects after `tokenLimitMs`, or at once while a try that is late hangs. The log says why
 */
export const keptToken = ({ read, clock, log }: KeptTokenOptions): (() => Promise<string>) => {
  let trying: Promise<string> | undefined

  const readInTime = async (): Promise<string> => {
    const reading = read()
    try {
      const token = await fileWorkInTime(clock, tokenLimitMs, reading)
      if (token !== late) return token
    } catch (error) {
      trying = undefined
      throw told(log, (error as Error).message)
    }
    void takeLate(reading)
    throw told(log, 'the disk of dataDir does not answer')
  }

  const takeLate = async (reading: Promise<string>): Promise<void> => {
    try {
      trying = Promise.resolve(await reading)
      log.warn({}, 'the disk of dataDir answers: there is an admin token now')
    } catch {
      trying = undefined
    }
  }

  return () => (trying ??= readInTime())
}

const told = (log: Log, reason: string): Error => {
  log.error({ reason }, 'there is no admin token: changes are refused until there is, or admin.token is set')
  return new Error(reason)
}
