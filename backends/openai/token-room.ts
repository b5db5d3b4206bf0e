/** Tokens that an engine may put around a text: two in most models, more where it adds words of its own. */
const added = 4

/** Tokens of a text itself, where the engine reads `maxTokens`, what it adds included; at least 1. */
export const tokenRoom = (maxTokens: number): number => Math.max(1, maxTokens - added)

/** Whether no tokenizer makes more than `maxTokens` of a text: a token has at least one byte. */
export const fitsSurely = (text: string, maxTokens: number): boolean => Buffer.byteLength(text) <= tokenRoom(maxTokens)
