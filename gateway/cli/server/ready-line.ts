/** What is worth saying when the gateway listens. */
export interface Listening {
  readonly version: string
  readonly url: string
  readonly adminUrl: string
  readonly model: string
  readonly needsKey: boolean
  readonly sinceStartMs: number
}

/** Where it listens, for callers and for operators, and a request to try. */
export const readyLine = ({ version, url, adminUrl, model, needsKey, sinceStartMs }: Listening): string =>
  `Embedgate ${version} listens on ${url} after ${seconds(sinceStartMs)}, admin on ${adminUrl}; try: ${curl(url, model, needsKey)}`

/** Said of each model once its first computing tier serves. */
export const servingLine = (model: string, tier: string, sinceStartMs: number): string =>
  `Serving ${model} from ${tier} after ${seconds(sinceStartMs)}`

const curl = (url: string, model: string, needsKey: boolean): string => {
  const key = needsKey ? ' -H "authorization: Bearer $EMBEDGATE_KEY"' : ''
  const body = JSON.stringify({ model, input: 'Hello' })
  return `curl -s ${url}/v1/embeddings -H 'content-type: application/json'${key} -d '${body}'`
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
