import { bytes, float, integer, message, type Field } from './protobuf.ts'

/** ONNX's numbers for element types. */
export const elementType = { float: 1, int64: 7 } as const

/** An input or output of a graph: a string dimension may have any size. */
export interface Value {
  readonly name: string
  readonly type: keyof typeof elementType
  readonly shape: readonly (number | string)[]
}

/** An attribute of a node: whole numbers become ints. */
export type Attribute = number | readonly number[] | { readonly float: number }

/** Writes an ONNX file node by node: the little that benchmarks need, without a dependency. */
export interface GraphWriter {
  /** Adds a node; returns the name of its first output, which is `output` where given. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    output?: string,
  ): string
  /** Adds a constant tensor; returns its name. */
  tensor(values: Float32Array | BigInt64Array, shape: readonly number[]): string
  /** The bytes of an ONNX model of operator set 17. */
  model(inputs: readonly Value[], outputs: readonly Value[]): Buffer
}

const irVersion = 8
const operatorSet = 17

/** An empty graph. */
export const graphWriter = (): GraphWriter => {
  const nodes: Field[] = []
  const tensors: Field[] = []
  let names = 0
  return {
    node: (operator, inputs, attributes = {}, output = `value_${names++}`) => {
      const fields = [
        ...inputs.map((input) => bytes(1, input)),
        bytes(2, output),
        bytes(3, `node_${nodes.length}`),
        bytes(4, operator),
        ...Object.entries(attributes).map(([name, value]) => message(5, [bytes(1, name), ...attributeFields(value)])),
      ]
      nodes.push(message(1, fields))
      return output
    },
    tensor: (values, shape) => {
      const name = `tensor_${tensors.length}`
      const type = values instanceof Float32Array ? elementType.float : elementType.int64
      const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      tensors.push(
        message(5, [...shape.map((size) => integer(1, size)), integer(2, type), bytes(8, name), bytes(9, raw)]),
      )
      return name
    },
    model: (inputs, outputs) =>
      Buffer.concat([
        integer(1, irVersion),
        message(7, [
          ...nodes,
          bytes(2, 'bench'),
          ...tensors,
          ...inputs.map((value) => message(11, valueFields(value))),
          ...outputs.map((value) => message(12, valueFields(value))),
        ]),
        message(8, [integer(2, operatorSet)]),
      ]),
  }
}

const attributeFields = (value: Attribute): Field[] => {
  if (typeof value === 'number') return [integer(20, 2), signed(3, value)]
  if ('float' in value) return [integer(20, 1), float(2, value.float)]
  return [integer(20, 7), ...value.map((each) => signed(8, each))]
}

/** Protobuf writes a negative int64 as its ten-byte two's complement. */
const signed = (number: number, value: number): Field => {
  if (value >= 0) return integer(number, value)
  const rest: number[] = []
  let bits = BigInt.asUintN(64, BigInt(value))
  while (bits >= 0x80n) {
    rest.push(Number(bits & 0x7fn) | 0x80)
    bits >>= 7n
  }
  return Buffer.from([number * 8, ...rest, Number(bits)])
}

const valueFields = ({ name, type, shape }: Value): Field[] => {
  const dimensions = shape.map((size) => message(1, [typeof size === 'number' ? integer(1, size) : bytes(2, size)]))
  return [bytes(1, name), message(2, [message(1, [integer(1, elementType[type]), message(2, dimensions)])])]
}
