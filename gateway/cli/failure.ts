import { GatewayError, type ErrorCode } from '../core/errors.ts'
import { UsageError } from './command.ts'
import { documentationPage } from './documentation.ts'
import { exitCode, type ExitCode } from './exit-code.ts'
import { OutputClosed, type Io } from './io.ts'
import { styleFor } from './style.ts'

/** What to do about an error, where its message does not say. */
const remedies: Partial<Record<ErrorCode, string>> = {
  EG_CONFIG_INVALID: `${documentationPage('Reference/configuration.md')} lists every key; \`embedgate check\` tells when all is well.`,
  EG_CONFIG_SPACE_MISMATCH: 'A chain may only hold backends of one model, revision, pooling, length and prompts.',
  EG_PLUGIN_FAILED: 'Fix the plugin, or take it out of `plugins` in the configuration.',
  EG_AUTH_MISSING: 'Put its key into the environment variable EMBEDGATE_KEY.',
}

/** Writes an error as one readable block, and says how the program must end. A stack is only for faults of ours. */
export const reportFailure = (error: unknown, io: Io): ExitCode => {
  const style = styleFor(io, io.stderr)
  const block = (title: string, lines: readonly string[]): void =>
    void io.stderr.write(`${[style('red', title), ...lines.map((line) => `  ${line}`)].join('\n')}\n`)
  if (error instanceof OutputClosed) return exitCode.outputClosed
  if (error instanceof UsageError) {
    block('usage', error.message.split('\n'))
    return exitCode.usage
  }
  if (error instanceof GatewayError && error.code !== 'EG_INTERNAL') {
    const remedy = remedies[error.code]
    block(error.code, [...error.message.split('\n'), ...(remedy ? [style('dim', remedy)] : [])])
    return exitCode.refused
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  block('EG_INTERNAL', ['This is a fault of embedgate; please report it with these lines.', ...detail.split('\n')])
  return exitCode.internal
}
