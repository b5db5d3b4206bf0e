import { expect, it } from 'vitest'
import { failed } from './check.ts'
import { judgeFlapping } from './flapping/judge.ts'
import { runFlapping } from './flapping/run.ts'

/** [R1]; `npm run failover -- flapping` takes 20 minutes. */
it(
  'asks an engine that comes and goes every half second at most once in a cool-down',
  { timeout: 120_000 },
  async () => {
    expect(failed(judgeFlapping(await runFlapping(6)))).toEqual([])
  },
)
