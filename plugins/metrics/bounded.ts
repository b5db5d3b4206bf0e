import { anybody } from '../../gateway/core/identity.ts'

/** The label value of anything that configuration does not name. */
export const other = 'other'

/** Keeps a label value that is known, and makes `other` of the rest: nothing that a caller sends can make a new series. */
export const bounded =
  (known: ReadonlySet<string>) =>
  (value: string | undefined): string =>
    value !== undefined && known.has(value) ? value : other

/** The tenants that configuration names, and the one of gateways without keys. */
export const tenantsOf = (keys: readonly { readonly tenant: string }[]): ReadonlySet<string> =>
  new Set([anybody.tenant, ...keys.map(({ tenant }) => tenant)])
