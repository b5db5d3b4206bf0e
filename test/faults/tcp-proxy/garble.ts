import type { StreamFaults } from './faults.ts'

/** @param passed bytes of the stream before these: wrong bytes stand at fixed places of the whole stream */
export const garble = (
  bytes: Uint8Array,
  passed: number,
  garbage: NonNullable<StreamFaults['garbage']>,
): Uint8Array => {
  const { everyBytes, how } = garbage
  const isWrong = (index: number): boolean => (passed + index + 1) % everyBytes === 0
  if (how === 'replaced') return bytes.map((byte, index) => (isWrong(index) ? byte ^ 0xff : byte))
  return Uint8Array.from([...bytes].flatMap((byte, index) => (isWrong(index) ? [0, byte] : [byte])))
}
