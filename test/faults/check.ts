import { digits } from '../../bench/report/format.ts'

/** What a result is measured by. */
export interface Check {
  readonly what: string
  readonly found: number
  readonly goal: { readonly atLeast: number } | { readonly atMost: number }
  readonly met: boolean
}

/** A lower bound. NaN does not meet it. */
export const atLeast = (what: string, found: number, limit: number): Check => ({
  what,
  found,
  goal: { atLeast: limit },
  met: found >= limit,
})

/** An upper bound. NaN does not meet it. */
export const atMost = (what: string, found: number, limit: number): Check => ({
  what,
  found,
  goal: { atMost: limit },
  met: found <= limit,
})

/** Those that are not met. */
export const failed = (checks: readonly Check[]): readonly Check[] => checks.filter(({ met }) => !met)

/** A check as a line of a table: what, found, goal. */
export const checkRow = ({ what, found, goal, met }: Check): string[] => {
  const limit = 'atLeast' in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`
  return [what, digits(found), `${limit}: ${met ? 'met' : 'no'}`]
}
