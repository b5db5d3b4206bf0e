import { BackendError, type BackendFault } from '../../gateway/core/errors.ts'

const faults: Readonly<Record<string, BackendFault>> = {
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'protocol',
  UND_ERR_INVALID_ARG: 'error',
  UND_ERR_CLOSED: 'unavailable',
  UND_ERR_DESTROYED: 'unavailable',
  // They say nothing about the engine, and nothing was sent: this process has no descriptor or port left.
  EMFILE: 'no_place',
  ENFILE: 'no_place',
  EADDRNOTAVAIL: 'no_place',
}

/** What a failed exchange says about the engine. The message has the error's code alone: others may hold addresses. */
export const connectionFault = (cause: unknown): BackendError => {
  const { code, name } = cause as NodeJS.ErrnoException
  const fault = faults[code ?? ''] ?? (name === 'HTTPParserError' ? 'protocol' : 'connection')
  return new BackendError(fault, `the exchange with the engine failed: ${code ?? name}`, { cause })
}
