/**
 * Resolves when the process should stop: SIGTERM, its supervisor gone, or, without a supervisor, SIGINT. With one, an
 * interrupt from the terminal reaches the whole process group, and when to stop is the supervisor's decision.
 */
export const stopRequested = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = (): void => resolve()
    process.on('SIGTERM', stop)
    process.on('SIGINT', process.connected ? () => {} : stop)
    process.on('disconnect', stop)
  })
