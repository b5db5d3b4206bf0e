/**
 * How `embedgate` ends: done; refused (configuration, check, an error with a code); wrong usage; a fault of ours; what reads
 * its output has left before all was said, in a shell's number for SIGPIPE.
 */
export const exitCode = { done: 0, refused: 1, usage: 2, internal: 70, outputClosed: 141 } as const

/** One of the numbers of `exitCode`. */
export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
