import { interleave } from '../measure/pair.ts'
import { summarize, type Summary } from '../measure/statistics.ts'
import { flopsPerToken } from '../model.ts'
import { digits, goal, spread } from '../report/format.ts'
import { fmaRate } from '../roofline/fma-rate.ts'
import { graphTime } from '../roofline/graph-time.ts'
import { matmulRate } from '../roofline/matmul-rate.ts'
import type { Benchmark } from './benchmark.ts'

const shapes = [
  { rows: 1, sequence: 16 },
  { rows: 1, sequence: 128, atLeastPercent: 80 },
  { rows: 8, sequence: 32 },
] as const

/** G1: the embedded graph on one thread against what one core of this machine can do. */
export const rooflineBenchmark: Benchmark = {
  id: 'G1',
  short: true,
  run: async ({ rounds, long }) => {
    const fma = fmaRate()
    const matmul = await matmulRate()
    const graph = await graphTime()
    const measureFma = fma?.measure ?? (() => Number.NaN)
    const measures = [
      measureFma,
      matmul,
      ...shapes.map(
        ({ rows, sequence }) =>
          () =>
            graph(rows, sequence),
      ),
    ]
    const [fmaRates = [], matmulRates = [], ...times] = await interleave(long ? rounds * 2 : rounds, measures)
    fma?.remove()
    // A peak is the most that was ever seen; other load can only lower it.
    const peaks = { fma: Math.max(...fmaRates), matmul: Math.max(...matmulRates) }
    const peak = fma === undefined ? peaks.matmul : peaks.fma
    const found = shapes.map((shape, index) => graphFigure(shape, summarize(times[index] ?? []), peak))
    return {
      id: 'G1',
      title: 'The embedded fp32 graph on one thread against the roofline of one core',
      head: ['texts x tokens', 'ms', 'tokens/s', 'GFLOP/s', '% of roofline', 'goal'],
      rows: found.map(({ shape, ms, tokensPerSecond, gflops, percent }) => [
        `${shape.rows} x ${shape.sequence}`,
        spread(ms),
        digits(tokensPerSecond),
        digits(gflops),
        digits(percent),
        'atLeastPercent' in shape ? goal(percent, { atLeast: shape.atLeastPercent }) : '',
      ]),
      notes: [
        `One core: ${digits(peaks.fma)} GFLOP/s by fp32 multiply-adds in registers${fma ? '' : ' (no C compiler: not measured)'}, ` +
          `${digits(peaks.matmul)} by onnxruntime's best matrix product. Percentages are of the ${fma ? 'former' : 'latter'}.`,
        'A token of a text of S tokens costs 21.23 M + 9 216 x S operations.',
      ],
      figures: { peaks, graph: found },
    }
  },
}

type Shape = (typeof shapes)[number]

const graphFigure = (shape: Shape, ms: Summary, peakGflops: number) => {
  const tokensPerSecond = (shape.rows * shape.sequence * 1000) / ms.median
  const gflops = (tokensPerSecond * flopsPerToken(shape.sequence)) / 1e9
  return { shape, ms, tokensPerSecond, gflops, percent: (100 * gflops) / peakGflops }
}
