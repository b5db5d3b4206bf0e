import type { OpenAiOptions } from '../../backends/openai/options.ts'
import type { RemoteOptions } from '../../backends/remote/options.ts'
import type { TeiOptions } from '../../backends/tei/options.ts'
import { dims } from '../faults/scripted-upstream.ts'

/** Options of a remote engine as the scripted upstream is, complete. */
export const remoteOptionsAt = (url: string): RemoteOptions => ({
  url,
  headers: {},
  query: {},
  dims,
  maxTokens: 256,
  maxTexts: 32,
  connections: 256,
  normalized: true,
  revision: 'unknown',
  proxy: [],
})

/** The same of kind `openai`. */
export const openAiOptions = (url: string): OpenAiOptions => ({
  ...remoteOptionsAt(url),
  model: 'synthetic',
  maxRequestTokens: 300_000,
  encoding: 'base64',
  sendDimensions: false,
})

/** The same of kind `tei`. */
export const teiOptions = (url: string): TeiOptions => ({ ...remoteOptionsAt(url), model: 'synthetic' })
