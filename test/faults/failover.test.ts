import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failed } from './check.ts'
import { judge } from './failover/judge.ts'
import { runFailover } from './failover/run.ts'
import { scenarios } from './failover/scenarios.ts'
import { startReference, type Reference } from './reference.ts'

let reference: Reference
beforeAll(async () => void (reference = await startReference()))
afterAll(() => reference.stop())

/** Those that do not wait for time-outs. `npm run failover` loses each tier in every way, ten times. */
const quick = scenarios.filter(({ isQuick }) => isQuick)

describe('a first tier that is lost twice under load [S4]', { timeout: 120_000 }, () => {
  it.each(quick)('costs next to nothing and is used again: $name', async (scenario) => {
    const result = await runFailover(scenario, 2, reference)
    expect(failed(judge(result))).toEqual([])
  })
})
