import { join } from 'node:path'
import { startGatewayProcess, type GatewayProcess } from '../../../bench/servers/gateway-process.ts'

/** A gateway that Prometheus scrapes, and what breaks it. */
export interface Patient extends GatewayProcess {
  /** Its label `instance`. */
  readonly instance: string
  /** Tells its engines what to do wrong from now on; undefined is well. */
  readonly fault: (backend: string, fault?: 'error' | 'wrong' | 'goldens' | 'down') => Promise<void>
  /** Tells its plugin to do something bad to the process. */
  readonly plague: (what: 'hold' | 'block', body: object) => Promise<void>
}

const faulty = { kind: 'faulty' }
const plugins = [join(import.meta.dirname, 'faulty-engine.mjs')]
/** As by default, but nobody waits for minutes. */
const quickBreaker = {
  burst: { failures: 5, windowMs: 10_000, minRatio: 0.2, cooldownMs: 3_000, successes: 2 },
  rate: { ratio: 0.5, minCalls: 20, windowMs: 60_000, cooldownMs: 3_000, successes: 2 },
}
/** Never opens, so that what fails goes on failing. */
const noBreaker = { burst: { failures: 1_000_000 }, rate: { minCalls: 1_000_000 } }

/** The real thing: a worker process on the processor, and stored results. */
const full = {
  backends: { cpu: { kind: 'onnx', device: 'cpu', model: 'all-MiniLM-L6-v2', workers: 1 }, cached: { kind: 'cached' } },
  models: { 'all-MiniLM-L6-v2': { chain: ['cpu', 'cached'] } },
}
/** Two tiers to fall from one to the other. */
const tiers = {
  plugins,
  breaker: quickBreaker,
  backends: { gpu: faulty, cpu: faulty, cached: { kind: 'cached' } },
  models: { faulty: { chain: ['gpu', 'cpu', 'cached'] } },
}
/** One tier, so that what fails reaches callers. */
const last = { plugins, backends: { only: { ...faulty, breaker: noBreaker } }, models: { faulty: { chain: ['only'] } } }
/** Little room for anything. */
const frail = {
  plugins,
  backends: { only: faulty },
  models: { faulty: { chain: ['only'] } },
  limits: { memoryBytes: 700_000_000, requestsInFlight: 8 },
}

/** Configurations, each for faults of its own. */
export const configurations = { full, tiers, last, frail }

/** What a gateway is started with. */
export type Configuration = Readonly<Record<string, unknown>>

/** Starts a gateway, on the port of an earlier one if it is to take its place. */
export const startPatient = async (configuration: Configuration, port?: number): Promise<Patient> => {
  const gateway = await startGatewayProcess({ ...configuration, ...(port !== undefined && { server: { port } }) })
  const tell = async (path: string, body: object): Promise<void> => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path} was answered ${response.status}`)
  }
  return {
    ...gateway,
    instance: new URL(gateway.url).host,
    fault: (backend, fault) => tell('/fault', { backend, fault }),
    plague: (what, body) => tell(`/${what}`, body),
  }
}
