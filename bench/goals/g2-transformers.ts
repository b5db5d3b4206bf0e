import type { WorkloadName } from '../load/workloads.ts'
import { peersInstalled } from '../peers/installed.ts'
import { startGateway } from '../servers/gateway.ts'
import { startTransformers } from '../servers/transformers.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import { compareThroughput, patienceMs, settle, throughputHead, throughputRow, type Throughput } from './throughput.ts'

const goals: Readonly<Partial<Record<WorkloadName, number>>> = { W1: 1.5, W2: 1.5, W3: 1.5, W4: 1.15 }

/** G2: the gateway as it is served against transformers.js, on the same weights: as its documentation has it, and tuned. */
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
      [
        () => startGateway({ encoding: 'float', requestTimeoutMs: patienceMs }),
        () => startTransformers('as documented'),
        () => startTransformers('a process a core'),
      ],
      async (ours, documented, tuned) => {
        await settle(settings, [ours, documented, tuned])
        const found: { readonly plain: Throughput; readonly tuned: Throughput }[] = []
        for (const workload of ['W1', 'W2', 'W3', 'W4'] as const)
          found.push({
            plain: await compareThroughput(settings, workload, ours, documented),
            tuned: await compareThroughput(settings, workload, ours, tuned),
          })
        return {
          ...common,
          rows: [
            ...found.map(({ plain }) => throughputRow(plain, goals[plain.workload])),
            ...found.map(({ tuned: each }) => throughputRow(each).with(0, `${each.workload}, b with a process a core`)),
          ],
          notes: [
            'b: one process with the pipeline and session options that its documentation shows: mean pooling, normalized.',
            'b with a process a core: as many processes as cores, one thread each, and a load generator that spreads over them.',
            'The workers of Embedgate ask for huge pages, as they always do; b has the settings of its runtime.',
            'b runs the original fp32 checkpoint as a standard BERT graph (bench/peers/standard-graph.ts). Both answer JSON numbers.',
          ],
          figures: found,
        }
      },
    )
  },
}
