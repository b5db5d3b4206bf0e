/** What a supervisor sets in the environment of the workers that it starts, to `1`. */
export const supervisedVariable = 'EMBEDGATE_SUPERVISED'

/** The part of a process that tells. */
export type SelfProcess = Pick<NodeJS.Process, 'env' | 'send'>

/**
 * Whether a supervisor has started this process and holds the other end of its channel. A channel alone says nothing: process
 * managers open one to whatever they run. `send` stays when the channel has closed, so that a supervisor that is gone still
 * counts.
 */
export const isSupervised = (self: SelfProcess = process): boolean =>
  self.env[supervisedVariable] === '1' && self.send !== undefined
