/** The part of pino's logger that backends and stores use. Never given texts, vectors or keys. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Says nothing: for tests and for backends used outside a gateway. */
export const noLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
