import { readLimitMs, type FoundOverrides } from '../../../gateway/config/overrides/file.ts'
import type { Override } from '../../../gateway/config/overrides/override.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { fileWorkInTime } from '../../../gateway/core/file-work.ts'
import { late } from '../../../gateway/core/in-time.ts'
import type { Log } from '../../../gateway/core/log.ts'

/** How long a change waits until it is saved: a disk that works takes milliseconds. */
export const saveLimitMs = 5_000

/**
 * The overrides on a disk that may hang. Nothing can stop work on such a disk, and each piece of it holds one of the few threads
 * that files and host names share: so there is one piece at a time, and while one is late nothing else is begun.
 */
export interface KeptOverrides {
  /** Whether the file may hold something else than what is in force. */
  mayDiffer(): boolean
  /** @throws GatewayError `EG_CONFIG_NOT_SAVED` while an earlier piece of work hangs */
  refuseWhileHanging(): void
  /**
   * Reads what earlier runs have left.
   *
   * @param take brings it into force, at once or when it comes late; true when the file must be written again after that
   */
  begin(read: () => Promise<FoundOverrides>, take: (found: FoundOverrides) => boolean): Promise<void>
  /**
   * Writes overrides.
   *
   * @throws GatewayError `EG_CONFIG_NOT_SAVED`; then those of before are in the file, or will be once the disk answers
   */
  save(overrides: readonly Override[]): Promise<void>
  /** Writes what is in force over what was saved. Never rejects: that it fails is in the log, and the next change tries again. */
  restore(): Promise<void>
}

const noAnswer = 'the disk of dataDir does not answer'

/** What kept overrides live on. */
export interface KeptOverridesOptions {
  readonly write: (overrides: readonly Override[]) => Promise<void>
  readonly inForce: () => readonly Override[]
  readonly clock: Pick<Clock, 'after'>
  readonly log: Log
}

/** Nothing is read or written yet. */
export const keptOverrides = ({ write, inForce, clock, log }: KeptOverridesOptions): KeptOverrides => {
  let isHanging = false
  let mayDiffer = false

  const refuseWhileHanging = (): void => {
    if (isHanging) throw notSaved('the disk of dataDir has not answered an earlier read or save yet')
  }

  const waitFor = async <T>(limitMs: number, work: Promise<T>, whenLate: (ended: T) => Promise<void> | void) => {
    const ended = await fileWorkInTime(clock, limitMs, work)
    if (ended === late) {
      isHanging = true
      const rest = work
        .then(whenLate)
        .catch((error: unknown) => log.error(reasonOf(error), 'late work on dataDir failed'))
      void rest.finally(() => (isHanging = false))
    }
    return ended
  }

  const writeOver = async (): Promise<void> => {
    mayDiffer = true
    try {
      await write(inForce())
      mayDiffer = false
    } catch (error) {
      log.error(
        reasonOf(error),
        'overrides.json is not what is in force, and counts at the next start: send any change again',
      )
    }
  }

  const takeBack = async (): Promise<void> => {
    await writeOver()
    if (!mayDiffer) log.warn({}, 'a change that was refused has been saved late, and was taken back')
  }

  const restore = async (): Promise<void> => {
    if ((await waitFor(saveLimitMs, writeOver(), () => {})) === late)
      log.error({ reason: noAnswer }, 'overrides.json may not be what is in force')
  }

  return {
    mayDiffer: () => mayDiffer,
    refuseWhileHanging,
    begin: async (read, take) => {
      const found = await waitFor(readLimitMs, read(), async (foundLate) => {
        log.warn({}, 'the disk of dataDir answers: overrides of earlier runs come into force now')
        if (take(foundLate)) await writeOver()
      })
      if (found === late)
        log.warn({ reason: noAnswer }, 'overrides.json is not used yet, and changes are refused until it is read')
      else if (take(found)) await restore()
    },
    save: async (overrides) => {
      refuseWhileHanging()
      const ended = await waitFor(
        saveLimitMs,
        write(overrides).then(
          () => undefined,
          (error: unknown) => error as Error,
        ),
        (failed) => (failed === undefined ? takeBack() : undefined),
      )
      if (ended === late) {
        log.error(
          { reason: noAnswer },
          'a change was not saved in time and is refused; overrides.json may not be what is in force until the disk answers',
        )
        throw notSaved(
          `the disk of dataDir has not answered for ${saveLimitMs / 1000} s. Further changes are refused until it does; ` +
            'if the gateway ends before, look at GET /admin/config after the next start',
        )
      }
      if (ended) throw notSaved(ended.message, ended)
      mayDiffer = false
    },
    restore,
  }
}

const reasonOf = (error: unknown): object => ({ reason: (error as Error).message })

const notSaved = (reason: string, cause?: Error): GatewayError =>
  new GatewayError('EG_CONFIG_NOT_SAVED', `nothing was changed, for it could not be saved: ${reason}`, { cause })
