import { callTests } from './contract/calls.ts'
import { lifeCycleTests } from './contract/life-cycle.ts'
import { limitTests } from './contract/limits.ts'
import { rowTests } from './contract/rows.ts'
import { benchOf, type ContractSubject, type TestRunner } from './contract/subject.ts'

/**
 * The tests that every computing backend passes, ours or a third party's. Call it in a test file:
 *
 *     import { after, describe, it } from 'node:test'
 *     backendContract({ describe, it, after }, 'my backend', { create: () => myBackend() })
 *
 * @param runner the functions of `node:test`, or those of vitest with `after: afterAll`
 * @param name of the group of tests
 */
export const backendContract = (runner: TestRunner, name: string, subject: ContractSubject): void => {
  runner.describe(`backend contract: ${name}`, () => {
    const bench = benchOf(subject)
    const awake: TestRunner = { ...runner, it: (test, run) => runner.it(test, () => keptAwake(run)) }
    runner.after(() => bench.close())
    rowTests(awake, bench)
    limitTests(awake, bench)
    callTests(awake, bench)
    lifeCycleTests(awake, bench)
  })
}

/** The clock's timers let a process end, and `node:test` gives a test up when nothing else is left to wait for. */
const keptAwake = async (run: () => Promise<void>): Promise<void> => {
  const timer = setInterval(() => {}, 1_000)
  try {
    await run()
  } finally {
    clearInterval(timer)
  }
}
