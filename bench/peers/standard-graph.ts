import { graphWriter, type GraphWriter } from '../onnx/graph-writer.ts'
import { readSafetensors, type StoredTensor } from './safetensors.ts'

const layers = 6
const hidden = 384
const heads = 12
const headSize = hidden / heads

/**
 * The model as PyTorch's exporter writes a BERT encoder (operator set 17), from the original fp32 checkpoint: int64
 * `input_ids`, `attention_mask` and `token_type_ids` in, `last_hidden_state` out; separate query, key and value products,
 * GELU spelled with Erf, no pooling. This is the form that libraries download from the model hub, and that onnxruntime's
 * own optimiser then fuses as far as it can.
 *
 * @param checkpoint path of model.safetensors
 */
export const standardGraph = (checkpoint: string): Buffer => {
  const read = readSafetensors(checkpoint)
  const g = graphWriter()
  const ints = (...values: number[]): string => g.tensor(BigInt64Array.from(values.map(BigInt)), [values.length])
  const scalar = (value: number): string => g.tensor(Float32Array.of(value), [])
  const weight = (name: string): string => tensor(g, read(name))

  const linear = (x: string, name: string): string => {
    const product = g.node('MatMul', [x, tensor(g, transposed(read(`${name}.weight`)))])
    return g.node('Add', [weight(`${name}.bias`), product])
  }
  const norm = (x: string, name: string, output?: string): string =>
    g.node(
      'LayerNormalization',
      [x, weight(`${name}.weight`), weight(`${name}.bias`)],
      { axis: -1, epsilon: { float: 1e-12 } },
      output,
    )
  const splitHeads = (x: string): string => g.node('Reshape', [x, ints(0, 0, heads, headSize)])

  const attention = (x: string, bias: string, name: string): string => {
    const [query = '', key = '', value = ''] = ['query', 'key', 'value'].map((part) =>
      splitHeads(linear(x, `${name}.self.${part}`)),
    )
    const scores = g.node('MatMul', [
      g.node('Transpose', [query], { perm: [0, 2, 1, 3] }),
      g.node('Transpose', [key], { perm: [0, 2, 3, 1] }),
    ])
    const scaled = g.node('Div', [scores, scalar(Math.sqrt(headSize))])
    const shares = g.node('Softmax', [g.node('Add', [scaled, bias])], { axis: -1 })
    const context = g.node('MatMul', [shares, g.node('Transpose', [value], { perm: [0, 2, 1, 3] })])
    const joined = g.node('Reshape', [g.node('Transpose', [context], { perm: [0, 2, 1, 3] }), ints(0, 0, hidden)])
    return norm(g.node('Add', [linear(joined, `${name}.output.dense`), x]), `${name}.output.LayerNorm`)
  }
  const gelu = (x: string): string => {
    const erf = g.node('Erf', [g.node('Div', [x, scalar(Math.SQRT2)])])
    return g.node('Mul', [g.node('Mul', [x, g.node('Add', [erf, scalar(1)])]), scalar(0.5)])
  }
  const feedForward = (x: string, name: string, output?: string): string => {
    const wide = gelu(linear(x, `${name}.intermediate.dense`))
    return norm(g.node('Add', [linear(wide, `${name}.output.dense`), x]), `${name}.output.LayerNorm`, output)
  }

  const words = g.node('Gather', [weight('embeddings.word_embeddings.weight'), 'input_ids'])
  const segments = g.node('Gather', [weight('embeddings.token_type_embeddings.weight'), 'token_type_ids'])
  const length = g.node('Shape', ['input_ids'], { start: 1, end: 2 })
  const positions = g.node('Slice', [weight('embeddings.position_embeddings.weight'), ints(0), length, ints(0)])
  const sum = g.node('Add', [g.node('Add', [words, segments]), positions])
  const mask = g.node('Cast', [g.node('Unsqueeze', ['attention_mask', ints(1, 2)])], { to: 1 })
  const bias = g.node('Mul', [g.node('Sub', [scalar(1), mask]), scalar(-3.4028234663852886e38)])

  let x = norm(sum, 'embeddings.LayerNorm')
  for (let layer = 0; layer < layers; layer++) {
    const name = `encoder.layer.${layer}`
    x = feedForward(
      attention(x, bias, `${name}.attention`),
      name,
      layer === layers - 1 ? 'last_hidden_state' : undefined,
    )
  }
  const shape = ['batch', 'sequence']
  return g.model(
    ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({ name, type: 'int64', shape })),
    [{ name: 'last_hidden_state', type: 'float', shape: [...shape, hidden] }],
  )
}

const tensor = (g: GraphWriter, { values, shape }: StoredTensor): string => g.tensor(values, shape)

const transposed = ({ values, shape }: StoredTensor): StoredTensor => {
  const [rows = 0, columns = 0] = shape
  const turned = new Float32Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column] ?? 0
  return { values: turned, shape: [columns, rows] }
}
