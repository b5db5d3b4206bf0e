const wellFormed = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/

/** A caller's W3C `traceparent`, to be sent on as it is; undefined when the header is not one. */
export const traceparentOf = (headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined => {
  const given = headers['traceparent']
  return typeof given === 'string' && wellFormed.test(given) ? given : undefined
}
