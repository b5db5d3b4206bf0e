/** What the simulated models take for a token: 4 UTF-16 units begun, and 2 special ones. */
export const tokensOf = (text: string): number => Math.ceil(text.length / 4) + 2

/** What a model that reads `maxTokens` reads of a text. */
export const readPart = (text: string, maxTokens: number): string => text.slice(0, (maxTokens - 2) * 4)

/** A text that is told from all others by its beginning, of about `length` UTF-16 units. */
export const textOf = (name: string, length: number): string => `${name} `.padEnd(length, 'word ')
