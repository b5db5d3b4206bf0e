import { compiled } from '../package-root.ts'

/** A batching policy to compare ours with: padded batches of 8 in order of arrival, or no batching at all. */
export type PolicyName = 'fifo' | 'single'

/** The worker's program with another policy: everything else is the product's. */
export const policyWorker = (policy: PolicyName): string => compiled(`bench/policies/${policy}-worker.js`)
