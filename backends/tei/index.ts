import fp from 'fastify-plugin'
import type { BackendContext, BackendKind } from '../../gateway/core/backend.ts'
import { cutRefused } from '../remote/cut-refused.ts'
import { endpointOf } from '../remote/endpoint.ts'
import { openExchange } from '../remote/exchange.ts'
import { claimedSpace } from '../remote/options.ts'
import { remoteBackend } from '../remote/remote-backend.ts'
import { teiEngine } from './engine.ts'
import { infoWatch } from './info.ts'
import { TeiEntry, type TeiOptions } from './options.ts'

/** The kind `tei`: text-embeddings-inference. */
export const teiKind = {
  options: TeiEntry,
  create: (context: BackendContext<TeiOptions>) => {
    const { options, name, clock } = context
    const endpoint = endpointOf(options, `backends.${name}`)
    const exchange = openExchange(endpoint, options)
    return remoteBackend(context, endpoint, exchange, {
      embed: cutRefused(teiEngine(options, exchange, clock)),
      healthRoute: '/health',
      ...(options.model !== undefined && { space: claimedSpace(options.model, options) }),
      ...infoWatch(options, exchange, clock),
    })
  },
} satisfies BackendKind<TeiOptions>

/** Registers the kind `tei`. */
export default fp(async (app) => app.backends.register('tei', teiKind), {
  name: 'backend-tei',
  dependencies: ['chain'],
})
