import { maxFloatsBytes, writeFloats } from '../../gateway/http/encode/json-floats.ts'
import { random } from '../load/random.ts'
import { pair } from '../measure/pair.ts'
import { dims } from '../model.ts'
import { goal, spread } from '../report/format.ts'
import type { Benchmark } from './benchmark.ts'

/** Vectors written in one turn: tens of milliseconds. */
const vectorsPerRound = 4_000
const distinctVectors = 64
const atMostUs = 10

/** G8: writing vectors as JSON numbers. */
export const floatsBenchmark: Benchmark = {
  id: 'G8',
  short: true,
  run: async ({ rounds, long }) => {
    const vectors = unitVectors(distinctVectors)
    const target = new DataView(new ArrayBuffer(maxFloatsBytes(dims)))
    const ours = (): number => timed((index) => writeFloats(vectors[index] ?? new Float32Array(dims), target, 0))
    const plain = (): number => timed((index) => Buffer.byteLength(JSON.stringify(Array.from(vectors[index] ?? []))))
    // The first turns are the compiler's.
    await pair(3, ours, plain)
    const found = await pair(long ? rounds * 10 : rounds * 3, ours, plain)
    return {
      id: 'G8',
      title: `JSON numbers, us per vector of ${dims} floats`,
      head: ['a: our writer (9 decimals)', 'b: JSON.stringify', 'b / a', 'goal'],
      rows: [
        [
          spread(found.a),
          spread(found.b),
          (found.b.median / found.a.median).toFixed(1),
          goal(found.a.median, { atMost: atMostUs }),
        ],
      ],
      notes: ['100 shutdowns while busy, the other half of G8: npm run bench -- shutdown'],
      figures: found,
    }
  },
}

const timed = (write: (index: number) => number): number => {
  let bytes = 0
  const startMs = performance.now()
  for (let count = 0; count < vectorsPerRound; count++) bytes += write(count % distinctVectors)
  const us = ((performance.now() - startMs) * 1000) / vectorsPerRound
  if (bytes === 0) throw new Error('nothing was written')
  return us
}

const unitVectors = (count: number): Float32Array[] => {
  const next = random(8)
  return Array.from({ length: count }, () => {
    const vector = Float32Array.from({ length: dims }, () => next() - 0.5)
    const norm = Math.hypot(...vector)
    return vector.map((value) => value / norm)
  })
}
