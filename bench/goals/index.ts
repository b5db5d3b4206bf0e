import type { Benchmark } from './benchmark.ts'
import { breakerBenchmark } from './breaker.ts'
import { deadCollectorBenchmark } from './dead-collector.ts'
import { rooflineBenchmark } from './g1-roofline.ts'
import { policyBenchmark } from './g2-policy.ts'
import { transformersBenchmark } from './g2-transformers.ts'
import { gatewayBenchmark } from './g3-gateway.ts'
import { batchingBenchmark } from './g4-batching.ts'
import { cachedBenchmark } from './g5-cached.ts'
import { proxiedBenchmark } from './g6-proxied.ts'
import { observabilityBenchmark } from './g7-observability.ts'
import { floatsBenchmark } from './g8-floats.ts'
import { overloadBenchmark } from './g9-overload.ts'
import { classesBenchmark } from './g9-classes.ts'
import { floodBenchmark } from './g9-flood.ts'
import { rateBenchmark } from './g9-rate.ts'
import { layersBenchmark } from './layers.ts'
import { memoryBenchmark } from './memory.ts'
import { scrapeBenchmark } from './scrape.ts'
import { shutdownBenchmark } from './shutdown.ts'
import { startBenchmark } from './start.ts'
import { statusBenchmark } from './status.ts'

/** Every benchmark, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  rooflineBenchmark,
  transformersBenchmark,
  policyBenchmark,
  gatewayBenchmark,
  batchingBenchmark,
  cachedBenchmark,
  proxiedBenchmark,
  layersBenchmark,
  observabilityBenchmark,
  deadCollectorBenchmark,
  floatsBenchmark,
  breakerBenchmark,
  scrapeBenchmark,
  statusBenchmark,
  rateBenchmark,
  overloadBenchmark,
  floodBenchmark,
  classesBenchmark,
  startBenchmark,
  shutdownBenchmark,
  memoryBenchmark,
]
