import { remembered } from './remembered.js'

/** The admin token is kept in this tab only, and nowhere on disk. */
export const token = remembered('sessionStorage', 'embedgate-admin-token')

/** @typedef {{ status: number, body: unknown }} Answer `body` is undefined where there is no JSON */

/**
 * Asks the admin listener.
 *
 * @param {string} method
 * @param {string} path
 * @param {object} [options]
 * @param {unknown} [options.body] sent as JSON
 * @param {AbortSignal} [options.signal]
 * @param {string | undefined} [options.as] a token; the one that is kept by default
 * @returns {Promise<Answer>}
 */
export const ask = async (method, path, { body, signal = AbortSignal.timeout(15_000), as = token.get() } = {}) => {
  const response = await fetch(path, {
    method,
    signal,
    cache: 'no-store',
    headers: {
      ...(method !== 'GET' && { 'content-type': 'application/json' }),
      ...(as !== undefined && { authorization: `Bearer ${as}` }),
    },
    ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
  })
  const text = await response.text()
  try {
    return { status: response.status, body: JSON.parse(text) }
  } catch {
    return { status: response.status, body: undefined }
  }
}

/**
 * Whether an answer leaves open if the token is the right one: it was refused, or not looked at.
 *
 * @param {number} status
 */
export const isTokenInDoubt = (status) => status === 401 || status === 403 || status === 429

/**
 * The code of the error that an answer is.
 *
 * @param {Answer} answer
 */
export const codeOf = ({ body }) => /** @type {{ error?: { code?: string } }} */ (body ?? {}).error?.code

/**
 * What an answer says is wrong.
 *
 * @param {Answer} answer
 */
export const messageOf = ({ status, body }) => {
  const { error } = /** @type {{ error?: { message?: string, code?: string } }} */ (body ?? {})
  return error?.message === undefined ? `status ${status}` : `${error.message} (${error.code ?? status})`
}
