import { startWorkers } from '../servers/workers.ts'
import { policyWorker } from '../policies/program.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import { compareThroughput, settle, throughputHead, throughputRow } from './throughput.ts'

/** At one client nothing can be batched: less than this would mean that batching made somebody wait. Noise is 2 %. */
const noLoss = 0.98

/** G4: dynamic batching on against off. */
export const batchingBenchmark: Benchmark = {
  id: 'G4',
  short: true,
  run: (settings) =>
    withServers([() => startWorkers(), () => startWorkers(policyWorker('single'))], async (batched, single) => {
      await settle(settings, [batched, single])
      const many = await compareThroughput(settings, 'W1', batched, single)
      const one = await compareThroughput(settings, 'W1', batched, single, 1)
      return {
        id: 'G4',
        title: 'a: dynamic batching; b: the same workers, one text a batch',
        head: throughputHead,
        rows: [throughputRow(many, 1.4), throughputRow(one, noLoss)],
        notes: [],
        figures: [many, one],
      }
    }),
}
