import { GatewayError } from '../core/errors.ts'
import type { Space } from '../core/space.ts'

/**
 * Puts the prompt of an input type before each text. A model without prompts reads all types alike, so any is accepted.
 *
 * @param field the request field it came in
 * @throws GatewayError `EG_INPUT_INVALID` when the model has prompts, but none of that name
 */
export const withPrompt = (
  texts: readonly string[],
  inputType: unknown,
  field: string,
  { prompts }: Space,
): readonly string[] => {
  if (inputType === undefined || inputType === null) return texts
  const names = Object.keys(prompts)
  if (typeof inputType === 'string' && names.length === 0) return texts
  if (typeof inputType !== 'string' || !Object.hasOwn(prompts, inputType))
    throw new GatewayError('EG_INPUT_INVALID', `${field} must be one of: ${names.join(', ') || 'query, document'}`, {
      param: field,
    })
  const prompt = prompts[inputType] ?? ''
  return prompt === '' ? texts : texts.map((text) => prompt + text)
}
