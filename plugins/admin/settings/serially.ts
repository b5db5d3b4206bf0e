/** Runs one task after the other, in the order they came; a failed one keeps nobody from running. */
export type Serially = <T>(task: () => Promise<T>) => Promise<T>

/** Nothing runs yet. */
export const serially = (): Serially => {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const own = last.then(task)
    last = own.catch(() => {})
    return own
  }
}
