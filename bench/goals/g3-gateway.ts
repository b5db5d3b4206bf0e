import { startGateway } from '../servers/gateway.ts'
import { startWorkers } from '../servers/workers.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import { compareThroughput, patienceMs, settle, throughputHead, throughputRow, type Throughput } from './throughput.ts'

/** G3: what the gateway in front of the workers costs. */
export const gatewayBenchmark: Benchmark = {
  id: 'G3',
  short: true,
  run: (settings) =>
    withServers(
      [() => startGateway({ requestTimeoutMs: patienceMs }), () => startWorkers()],
      async (gateway, workers) => {
        await settle(settings, [gateway, workers])
        const found: Throughput[] = []
        for (const workload of ['W1', 'W2', 'W3'] as const)
          found.push(await compareThroughput(settings, workload, gateway, workers))
        return {
          id: 'G3',
          title: 'a: served through the gateway (base64); b: its bare workers',
          head: throughputHead,
          rows: found.map((each) => throughputRow(each, 0.93)),
          notes: [
            "b: the load generator speaks the workers' protocol and gives each request to the less busy worker.",
            'It shares the cores: a request costs it about 0.2 ms over HTTP, 0.1 ms in frames, which counts against the gateway.',
          ],
          figures: found,
        }
      },
    ),
}
