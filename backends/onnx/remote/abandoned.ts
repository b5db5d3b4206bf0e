/** Texts whose callers have left while they ran: nobody waits for them, but they may still end their worker. */
export interface Abandoned {
  add(texts: readonly string[]): void
  /** The worker has answered something: it reads nothing while a batch runs, so that one is over. */
  clear(): void
  /** Those of the batch that may still run. */
  texts(): readonly string[]
}

/**
 * None yet.
 *
 * @param running the batch that the worker has begun last; the same object until it begins another
 */
export const noneAbandoned = (running: () => object): Abandoned => {
  let batch = running()
  let left: string[] = []
  const forgetOver = (): void => {
    if (batch === running()) return
    batch = running()
    left = []
  }
  return {
    add(texts) {
      forgetOver()
      left.push(...texts)
    },
    clear: () => (left = []),
    texts() {
      forgetOver()
      return left
    },
  }
}
