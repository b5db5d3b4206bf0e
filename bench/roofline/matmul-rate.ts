import { InferenceSession, Tensor } from 'onnxruntime-node'
import { graphWriter } from '../onnx/graph-writer.ts'

/** Rows, inner size and columns of the products that are tried: the model's own linear layers, and squares. */
const shapes: readonly (readonly [rows: number, inner: number, columns: number])[] = [
  [128, 384, 1536],
  [128, 1536, 384],
  [256, 384, 1152],
  [512, 512, 512],
  [1024, 384, 1536],
  [1024, 1024, 1024],
]
/** Each shape runs about so long in one round. */
const shapeMs = 60

/** Measures onnxruntime's fastest matrix product once more, in GFLOP/s on one thread. */
export type MatmulRate = () => Promise<number>

/**
 * The practical peak: what onnxruntime's matrix kernels reach on one core for the best of several shapes. It stands in
 * for the multiply-add rate where there is no C compiler, and then flatters percentages a little.
 */
export const matmulRate = async (): Promise<MatmulRate> => {
  const products = await Promise.all(shapes.map(product))
  return async () => {
    let best = 0
    for (const each of products) best = Math.max(best, await each())
    return best
  }
}

const product = async ([rows, inner, columns]: readonly [number, number, number]): Promise<MatmulRate> => {
  const graph = graphWriter()
  const weights = graph.tensor(new Float32Array(inner * columns).fill(0.01), [inner, columns])
  graph.node('MatMul', ['x', weights], {}, 'y')
  const model = graph.model(
    [{ name: 'x', type: 'float', shape: [rows, inner] }],
    [{ name: 'y', type: 'float', shape: [rows, columns] }],
  )
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 })
  const x = new Tensor('float32', new Float32Array(rows * inner).fill(0.5), [rows, inner])
  const once = async (): Promise<number> => {
    const startMs = performance.now()
    await session.run({ x })
    return performance.now() - startMs
  }
  await once()
  return async () => {
    let fastestMs = Infinity
    for (const endMs = performance.now() + shapeMs; performance.now() < endMs;)
      fastestMs = Math.min(fastestMs, await once())
    return (2 * rows * inner * columns) / fastestMs / 1e6
  }
}
