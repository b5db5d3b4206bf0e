import { GatewayError } from '../core/errors.ts'

/** Faults of a configuration, to be told together: nobody wants to mend them one start at a time. */
export interface AllFaults {
  /** @throws `error` itself when it is not `EG_CONFIG_INVALID` */
  add(error: unknown): void
  /** @throws GatewayError `EG_CONFIG_INVALID` with a line for each fault; its cause holds them one by one */
  refuseIfAny(): void
}

/** None yet. */
export const allFaults = (): AllFaults => {
  const found: GatewayError[] = []
  return {
    add: (error) => {
      const faults = faultsIn(error)
      if (faults.length === 0) throw error
      found.push(...faults)
    },
    refuseIfAny: () => {
      const [first, ...others] = found
      if (others.length === 0 && first) throw first
      const message = found.map((fault) => fault.message).join('\n')
      if (first) throw new GatewayError('EG_CONFIG_INVALID', message, { cause: new AggregateError(found) })
    },
  }
}

/** The faults that an `EG_CONFIG_INVALID` tells of; none for another error. */
const faultsIn = (error: unknown): readonly GatewayError[] => {
  if (!(error instanceof GatewayError) || error.code !== 'EG_CONFIG_INVALID') return []
  return error.cause instanceof AggregateError ? (error.cause.errors as GatewayError[]) : [error]
}
