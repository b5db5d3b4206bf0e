import fp from 'fastify-plugin'
import type { BackendContext, BackendKind } from '../../gateway/core/backend.ts'
import { cutRefused } from '../remote/cut-refused.ts'
import { endpointOf } from '../remote/endpoint.ts'
import { openExchange } from '../remote/exchange.ts'
import { claimedSpace } from '../remote/options.ts'
import { remoteBackend } from '../remote/remote-backend.ts'
import { openAiEngine } from './engine.ts'
import { OpenAiEntry, type OpenAiOptions } from './options.ts'

/** The kind `openai`: any engine with OpenAI's `POST /embeddings`. */
export const openAiKind = {
  options: OpenAiEntry,
  create: (context: BackendContext<OpenAiOptions>) => {
    const { options, name } = context
    const endpoint = endpointOf(options, `backends.${name}`)
    const exchange = openExchange(endpoint, options)
    return remoteBackend(context, endpoint, exchange, {
      embed: cutRefused(openAiEngine(context, exchange)),
      healthRoute: '/models',
      maxRequestTokens: options.maxRequestTokens,
      space: claimedSpace(options.model, options),
    })
  },
} satisfies BackendKind<OpenAiOptions>

/** Registers the kind `openai`. */
export default fp(async (app) => app.backends.register('openai', openAiKind), {
  name: 'backend-openai',
  dependencies: ['chain'],
})
