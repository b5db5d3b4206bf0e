import type { WorkloadName } from '../load/workloads.ts'
import { peersInstalled } from '../peers/installed.ts'
import { startGateway } from '../servers/gateway.ts'
import { startTransformers } from '../servers/transformers.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import { compareThroughput, patienceMs, throughputHead, throughputRow, type Throughput } from './throughput.ts'

const goals: Readonly<Record<WorkloadName, number>> = { W1: 1.5, W2: 1.5, W3: 1.5, W4: 1.15 }

/** G2: the gateway as it is served against transformers.js as people serve it, on the same weights. */
export const transformersBenchmark: Benchmark = {
  id: 'G2',
  short: true,
  run: async (settings) => {
    const common = {
      id: 'G2',
      title: 'a: Embedgate, fp32; b: transformers.js 4.3.1, fp32, behind Fastify',
      head: throughputHead,
    }
    if (!peersInstalled())
      return {
        ...common,
        rows: [],
        notes: ['Skipped: transformers.js is not installed. Run bench/peers/install.'],
        figures: [],
      }
    return withServers(
      [() => startGateway({ encoding: 'float', requestTimeoutMs: patienceMs }), () => startTransformers()],
      async (ours, theirs) => {
        const found: Throughput[] = []
        for (const workload of ['W1', 'W2', 'W3', 'W4'] as const)
          found.push(await compareThroughput(settings, workload, ours, theirs))
        return {
          ...common,
          rows: found.map((each) => throughputRow(each, goals[each.workload])),
          notes: [
            'b: one process a core with one thread each, shared load; feature-extraction pipeline, mean pooling, normalized.',
            'b runs the original fp32 checkpoint as a standard BERT graph (bench/peers/standard-graph.ts). Both answer JSON numbers.',
          ],
          figures: found,
        }
      },
    )
  },
}
