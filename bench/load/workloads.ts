import { realLengths } from './lengths.ts'

/** The names under which workloads appear in every table. */
export type WorkloadName = 'W1' | 'W2' | 'W3' | 'W4' | 'W5' | 'W6'

/** Which texts callers send, and how many callers there are. */
export interface Workload {
  /** For people. */
  readonly title: string
  /** Tokens of each text, special tokens included; dealt in order, over and over. */
  readonly lengths: readonly number[]
  readonly textsPerRequest: number
  /** Callers of a closed run. */
  readonly clients: number
}

const real = realLengths()

/** Short queries, passages one by one, passages in bulk, one length that is never padded; a flood, and an ingestion. */
export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  W1: { title: '16 tokens, 1 text a request, 32 clients', lengths: [16], textsPerRequest: 1, clients: 32 },
  W2: { title: 'real lengths (mean 42), 1 text, 32 clients', lengths: real, textsPerRequest: 1, clients: 32 },
  W3: { title: 'real lengths (mean 42), 32 texts, 4 clients', lengths: real, textsPerRequest: 32, clients: 4 },
  W5: { title: '128 tokens, 1 text a request', lengths: [128], textsPerRequest: 1, clients: 32 },
  W6: { title: '128 tokens, 256 texts a request', lengths: [128], textsPerRequest: 256, clients: 2 },
  W4: { title: '100 words (102 tokens), 1 text, 32 clients', lengths: [102], textsPerRequest: 1, clients: 32 },
}
