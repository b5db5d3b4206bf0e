/** What tests of backends and plugins import from `embedgate/testing`. */
export { backendContract } from './backend-contract.ts'
export { batchOf, callOf } from './calls.ts'
export type { CallOverrides } from './calls.ts'
export type { ContractSubject, TestRunner } from './contract/subject.ts'
export { fakeClock } from './fake-clock.ts'
export type { FakeClock } from './fake-clock.ts'
export { contextOf, kindsOf } from './kinds.ts'
