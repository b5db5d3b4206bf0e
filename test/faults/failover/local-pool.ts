import type { GatewayProcess } from '../../../bench/servers/gateway-process.ts'
import { firstTier, type Scenario } from './first-tier.ts'

/** A pool of one worker process of the gateway's own, which gets a signal. The supervisor replaces it. */
const localPool = (name: string, signal: NodeJS.Signals): Scenario => ({
  name,
  isQuick: true,
  start: async () => ({
    entry: { kind: 'onnx', device: 'cpu', model: 'all-MiniLM-L6-v2', workers: 1 },
    lose: (gateway) => void process.kill(workerPid(gateway), signal),
    stop: async () => {},
  }),
})

/** The first tier's worker that became ready last. */
const workerPid = (gateway: GatewayProcess): number => {
  const ready = gateway
    .log()
    .split('\n')
    .filter((line) => line.includes('"worker is ready"'))
    .map((line) => JSON.parse(line) as { backend: string; pid: number })
    .findLast(({ backend }) => backend === firstTier)
  if (!ready) throw new Error('the first tier has had no worker')
  return ready.pid
}

/** Both ways to lose worker processes. */
export const localPools: readonly Scenario[] = [localPool('local-kill', 'SIGKILL'), localPool('local-stop', 'SIGSTOP')]
