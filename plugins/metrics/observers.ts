import fp from 'fastify-plugin'
import type { Config } from '../../gateway/config/schema.ts'
import { bounded, tenantsOf } from './bounded.ts'
import { observeResult } from './observe-result.ts'
import { observeTry } from './observe-try.ts'

/** Counts results and tries inside the chain, where they are known. */
export default fp<Pick<Config, 'auth'>>(
  async (app, { auth }) => {
    app.chain.fill('request.observe', observeResult(app.meter, bounded(tenantsOf(auth.keys))))
    app.chain.fill('try.observe', observeTry(app.meter, app.clock))
  },
  { name: 'metrics-observers', dependencies: ['metrics', 'chain'] },
)
