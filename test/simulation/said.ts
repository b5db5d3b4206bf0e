/** An error, or whatever else was thrown, for people. */
export const said = (error: unknown): string =>
  error instanceof Error ? `${error.name} ${error.message}` : `something that is no error: ${typeof error}`
