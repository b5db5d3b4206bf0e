import { startWorkers } from '../servers/workers.ts'
import { policyWorker } from '../policies/program.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import { compareFresh, compareThroughput, settle, throughputHead, throughputRow } from './throughput.ts'

/** At one client nothing can be batched: less than this would mean that batching made somebody wait. Noise is 2 %. */
const noLoss = 0.98

const startBatched = () => startWorkers()
const startSingle = () => startWorkers(policyWorker('single'))

/** G4: dynamic batching on against off. */
export const batchingBenchmark: Benchmark = {
  id: 'G4',
  short: true,
  async run(settings) {
    const many = await withServers([startBatched, startSingle], async (batched, single) => {
      await settle(settings, [batched, single])
      return compareThroughput(settings, 'W1', batched, single)
    })
    // Which pages a process gets is settled when it starts: many short turns tell more than few long ones.
    const shortTurns = { ...settings, rounds: settings.rounds * 4, settleMs: 2_000, durationMs: 2_000 }
    const one = await compareFresh(shortTurns, 'W1', startBatched, startSingle, 1)
    return {
      id: 'G4',
      title: 'a: dynamic batching; b: the same workers, one text a batch',
      head: throughputHead,
      rows: [throughputRow(many, 1.4), throughputRow(one, noLoss)],
      notes: ['One client: workers of its own for each turn.'],
      figures: [many, one],
    }
  },
}
