/** The content type of every JSON answer that is written by hand. */
export const jsonType = 'application/json; charset=utf-8'
