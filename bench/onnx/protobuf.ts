/** A part of a protobuf message: bytes ready to be written. */
export type Field = Buffer

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Buffer.from([...bytes, rest])
}

const key = (number: number, wireType: number): Buffer => varint(number * 8 + wireType)

/** An integer or enum field. `value` must not be negative. */
export const integer = (number: number, value: number): Field => Buffer.concat([key(number, 0), varint(value)])

/** A 32-bit float field. */
export const float = (number: number, value: number): Field => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return Buffer.concat([key(number, 5), bytes])
}

/** A string or bytes field. */
export const bytes = (number: number, value: string | Uint8Array): Field => {
  const content = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([key(number, 2), varint(content.length), content])
}

/** A field that holds a message. */
export const message = (number: number, fields: readonly Field[]): Field => bytes(number, Buffer.concat(fields))
