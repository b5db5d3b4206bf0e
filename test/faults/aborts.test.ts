import { expect, it } from 'vitest'
import { failed } from './check.ts'
import { judgeAborts } from './aborts/judge.ts'
import { runAborts } from './aborts/run.ts'

/** `npm run failover -- aborts` lets 10 000 leave, and looks at the time too. */
it(
  'forgets 300 callers who leave while they send, wait or are computed, and nobody else notices',
  { timeout: 120_000 },
  async () => {
    expect(failed(judgeAborts(await runAborts(300)))).toEqual([])
  },
)
