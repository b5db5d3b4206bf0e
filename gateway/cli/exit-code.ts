/** How `embedgate` ends: done; refused (configuration, check, an error with a code); wrong usage; a fault of ours. */
export const exitCode = { done: 0, refused: 1, usage: 2, internal: 70 } as const

/** One of the numbers of `exitCode`. */
export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
