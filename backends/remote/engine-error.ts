/** What an engine says about an answer that is none. Its message is only looked at, never passed on: it may hold a text. */
export interface EngineError {
  /** A short identifier, e.g. `context_length_exceeded`. */
  readonly code?: string
  /** The request field at fault. */
  readonly param?: string
  /** Whether it says that a text is too long. */
  readonly isTooLong: boolean
  /** Whether it is llama.cpp's word for a text that is longer than its batch, which comes with status 500. */
  readonly isOverBatchSize: boolean
}

/**
 * Reads the body of an error: OpenAI's `{error: {message, type, param, code}}`, TEI's `{error, error_type}`, and the flat
 * `{message, type, code}` of others. Anything else says nothing.
 */
export const engineErrorOf = (body: Buffer): EngineError => {
  const fields = objectOf(parsed(body))
  const inner = objectOf(fields['error'])
  const said = { ...fields, ...inner }
  const code = [said['code'], said['error_type'], said['type']].find(isIdentifier)
  const param = said['param']
  const messages = [said['message'], fields['error'], fields['detail'], code].filter((each) => typeof each === 'string')
  return {
    ...(code !== undefined && { code }),
    ...(typeof param === 'string' && { param }),
    isTooLong: messages.some((message) => tooLong.test(message)),
    isOverBatchSize: messages.some((message) => overBatchSize.test(message)),
  }
}

/**
 * How engines put it: "maximum context length is 8192 tokens" (OpenAI, vLLM), "maximum input length" (OpenAI), "must have
 * less than 512 tokens" (TEI), "exceeds the context length" (Ollama), "too large to process" (llama.cpp), and codes. A request
 * body that is too large speaks of all texts together.
 */
const tooLong =
  /maximum (context|input|sequence) length|(context|input|sequence) length|less than \d+ tokens|(?<!\b(body|entity|payload|request)( size)?( is| was)? )too (long|large)|too many tokens|context_length_exceeded|INPUT_TOO_LONG/i

/** "input is too large to process. increase the physical batch size"; later versions put "(900 tokens)" behind "input". */
const overBatchSize = /^input (\(\d+ tokens\) )?is too large to process\. increase the physical batch size/

const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(value)

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
