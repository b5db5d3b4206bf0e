const tokenKey = 'embedgate-admin-token'

/** The admin token is kept in this tab only, and nowhere on disk. */
export const token = {
  get: () => sessionStorage.getItem(tokenKey) ?? undefined,
  /** @param {string} value */
  set: (value) => sessionStorage.setItem(tokenKey, value),
  forget: () => sessionStorage.removeItem(tokenKey),
}

/**
 * Asks the admin listener, with the token where there is one.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body] sent as JSON
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ status: number, body: unknown }>} `body` is undefined where there is no JSON
 */
export const ask = async (method, path, body, signal = AbortSignal.timeout(15_000)) => {
  const known = token.get()
  const response = await fetch(path, {
    method,
    signal,
    cache: 'no-store',
    headers: {
      ...(method !== 'GET' && { 'content-type': 'application/json' }),
      ...(known !== undefined && { authorization: `Bearer ${known}` }),
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
