import type { singleflight } from '../../../gateway/chain/singleflight.ts'
import type { Call } from '../../../gateway/core/call.ts'

/** The same, but whoever wants a text joins whoever computes it, of whatever tenant. */
export const withoutTenant =
  (real: typeof singleflight): typeof singleflight =>
  (...options) =>
  (next, where) => {
    let tenant = ''
    const inner = real(...options)((batch, call) => next(batch, ofTenant(call, tenant)), where)
    return (batch, call) => {
      ;({ tenant } = call)
      const answer = inner(batch, ofTenant(call, 'all'))
      // What it looks at, it has looked at by now.
      ofTenant(call, tenant)
      return answer
    }
  }

const ofTenant = (call: Call, tenant: string): Call =>
  Object.defineProperty(call, 'tenant', { value: tenant, configurable: true })
