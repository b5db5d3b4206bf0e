import type { Cancel, Clock } from './clock.ts'

/** Stands for work that has not ended in time. */
export const late = Symbol('late')

/** What `work` comes to, or `late` after `limitMs`. Late work goes on by itself; nobody hears how it ends. */
export const inTime = async <T>(
  clock: Pick<Clock, 'after'>,
  limitMs: number,
  work: Promise<T>,
): Promise<T | typeof late> => {
  let cancel: Cancel | undefined
  const limit = new Promise<typeof late>((resolve) => {
    cancel = clock.after(limitMs, () => resolve(late))
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    cancel?.()
  }
}
