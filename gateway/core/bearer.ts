const bearer = /^Bearer +([^\s]+)$/i

/** The token of an `Authorization: Bearer` header; undefined for any other header, or none. */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : bearer.exec(authorization)?.[1]
