import closeWithGrace from 'close-with-grace'
import type { Config } from '../../config/schema.ts'
import { exitCode } from '../exit-code.ts'
import { killIfFilesHang, leaveHangingFiles } from '../hanging-files.ts'
import type { StoppableServer } from './start.ts'

/** Not ours: they tell of crashes, belong to others, or (`beforeExit`) are no reason to stop a listener. */
const skip: closeWithGrace.AllEvents[] = [
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGUSR2',
  'beforeExit',
]

/** What stopping workers may take after the requests in flight, with some to spare. */
const stopMs = 12_000

/**
 * Stops the gateway when the process is asked to end: exit 0 with nothing lost, 70 after an error that nobody caught or
 * when stopping takes too long. A second signal ends the process at once. Where file work hangs, SIGKILL ends it, for nothing else
 * does.
 */
export const stopOnSignals = (
  server: StoppableServer,
  { shutdownDelayMs, shutdownGraceMs }: Config['server'],
): void => {
  const { app } = server
  const onTimeout = (): never => {
    app.log.error('stopping took too long; the process ends now')
    killIfFilesHang()
    return process.exit(exitCode.internal)
  }
  closeWithGrace(
    {
      delay: shutdownDelayMs + shutdownGraceMs + stopMs,
      logger: false,
      skip,
      onTimeout,
      onSecondSignal: killIfFilesHang,
      onSecondError: killIfFilesHang,
    },
    async ({ signal, err }) => {
      if (err) app.log.fatal({ err }, 'an error that nobody caught; stopping')
      else app.log.info({ signal }, 'stopping')
      await server.stop()
      app.log.info('stopped')
      await leaveHangingFiles()
      if (err) process.exit(exitCode.internal)
    },
  )
}
