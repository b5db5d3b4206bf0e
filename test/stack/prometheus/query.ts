type Sample = readonly [seconds: number, value: string]

/** The part of Prometheus' answers that tests look at. */
interface Answer<Result> {
  readonly status: string
  readonly error?: string
  readonly data: { readonly result: readonly Result[] }
}

/** A Prometheus to ask. */
export interface Queries {
  /** How many values an expression has had since `sinceMs` (wall clock) that are numbers. */
  valuesOf(expr: string, sinceMs: number): Promise<number>
  /** The labels of what an expression finds now; values that are no numbers are nothing found. */
  series(expr: string): Promise<readonly Readonly<Record<string, string>>[]>
  /** All names of metrics. */
  names(): Promise<readonly string[]>
}

/** Asks the API of a Prometheus. */
export const queries = (url: string): Queries => {
  const get = async <T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> => {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`)
    return (await response.json()) as T
  }
  const ask = async <Result>(
    path: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<readonly Result[]> => {
    const answer = await get<Answer<Result>>(path, parameters)
    if (answer.status !== 'success') throw new Error(`${parameters['query']}: ${answer.error}`)
    return answer.data.result
  }
  return {
    valuesOf: async (query, sinceMs) => {
      const span = { start: String(sinceMs / 1_000), end: String(Date.now() / 1_000), step: '1' }
      const found = await ask<{ readonly values: readonly Sample[] }>('query_range', { query, ...span })
      return found.flatMap(({ values }) => values).filter(([, value]) => value !== 'NaN').length
    },
    series: async (query) => {
      const found = await ask<{ readonly metric: Readonly<Record<string, string>>; readonly value: Sample }>('query', {
        query,
      })
      return found.filter(({ value: [, value] }) => value !== 'NaN').map(({ metric }) => metric)
    },
    names: async () => (await get<{ data: readonly string[] }>('label/__name__/values', {})).data,
  }
}
