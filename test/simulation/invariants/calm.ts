import { GatewayError } from '../../../gateway/core/errors.ts'
import { said } from '../said.ts'
import type { Checker } from './checker.ts'

/** Where nothing fails, nothing is refused but what is too long. */
export const calm: Checker = {
  name: 'no refusal without a reason',
  check: ({ plan, asked }) =>
    plan.isCalm
      ? asked
          .filter(({ error, leftMs }) => error !== undefined && leftMs === undefined && !isTooLong(error))
          .map(({ id, error }) => `${id} was refused: ${said(error)}`)
      : [],
}

const isTooLong = (error: unknown): boolean => error instanceof GatewayError && error.code === 'EG_INPUT_TOO_LONG'
