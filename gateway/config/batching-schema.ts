import { Type } from 'typebox'

const autoTokens = (minimum: number, description: string) =>
  Type.Union([Type.Literal('auto'), Type.Integer({ minimum, maximum: 65_536 })], { default: 'auto', description })

/** How workers on this machine put texts together. Those on other machines go by their own. */
export const BatchingConfig = Type.Object(
  {
    budgetTokens: autoTokens(
      1,
      'Most of texts times the longest, in tokens, in one batch. auto: what suits the device. A batch never takes more than half a second.',
    ),
    overheadTokens: autoTokens(
      0,
      'What a batch costs before its first token, in tokens: the higher, the more a text may be padded to join. auto: what suits the device.',
    ),
  },
  { additionalProperties: false },
)
