import type { WorkloadName } from '../load/workloads.ts'
import { startWorkers } from '../servers/workers.ts'
import { policyWorker } from '../policies/program.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import { compareThroughput, settle, throughputHead, throughputRow, type Throughput } from './throughput.ts'

/** What is expected of the policy alone; at equal lengths nothing is padded and both are the same program. */
const goals: Readonly<Partial<Record<WorkloadName, number>>> = { W1: 1, W2: 1.5, W3: 1.5, W4: 1 }

/** G2b: our batching policy against the usual one, in the same workers with the same model. */
export const policyBenchmark: Benchmark = {
  id: 'G2-policy',
  short: true,
  run: (settings) =>
    withServers([() => startWorkers(), () => startWorkers(policyWorker('fifo'))], async (ours, fifo) => {
      await settle(settings, [ours, fifo])
      const found: Throughput[] = []
      for (const workload of ['W1', 'W2', 'W3', 'W4'] as const)
        found.push(await compareThroughput(settings, workload, ours, fifo))
      return {
        id: 'G2-policy',
        title: 'a: our workers; b: the same workers with padded batches of 8 in order of arrival',
        head: throughputHead,
        rows: found.map((each) => throughputRow(each, goals[each.workload] ?? 1)),
        notes: [],
        figures: found,
      }
    }),
}
