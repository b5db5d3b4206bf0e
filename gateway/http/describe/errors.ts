import type { RouteDescription } from '../../core/route-description.ts'

/**
 * What can be wrong with a request for embeddings, and with whatever computes them.
 *
 * @param field the request field that the texts come in
 */
export const embeddingErrors = (field: string): NonNullable<RouteDescription['errors']> => ({
  EG_INPUT_INVALID: { message: `${field} is required; send text`, param: field },
  EG_INPUT_EMPTY: { message: `${field} is an empty list; send at least one text`, param: field },
  EG_INPUT_TOO_MANY: { message: `${field} has 2049 texts; at most 2048 go at once`, param: field },
  EG_INPUT_TOO_LONG: null,
  EG_INPUT_TOKENS_UNSUPPORTED: {
    message: `${field}[0] holds token ids: token ids belong to the tokenizer of another model and would give vectors of another meaning; send text; with LangChain, set check_embedding_ctx_length=False`,
    param: `${field}[0]`,
  },
  EG_INPUT_NOT_WELL_FORMED: {
    message: `${field}[0] holds half of a surrogate pair, so it is not text`,
    param: `${field}[0]`,
  },
  EG_INPUT_REJECTED: null,
  EG_MODEL_UNKNOWN: {
    message: 'model "no-such-model" is not served; served: all-MiniLM-L6-v2',
    param: 'model',
  },
  EG_SPACE_MISMATCH: null,
  EG_BODY_TOO_LARGE: { message: 'the request body is too large' },
  EG_MEDIA_TYPE: { message: 'send the request with content-type: application/json' },
  EG_OVERLOADED: { message: 'all that can compute all-MiniLM-L6-v2 are busy: cpu busy, cached miss' },
  EG_CHAIN_EXHAUSTED: { message: 'nothing could answer for all-MiniLM-L6-v2: cpu error, cached miss' },
  EG_NOT_READY: null,
  EG_OUT_OF_MEMORY: null,
  EG_DEADLINE: null,
})
