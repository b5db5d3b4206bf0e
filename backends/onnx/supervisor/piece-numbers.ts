/** Piece numbers are uint32 on the wire; 0 is the golden text's. */
const largest = 0xffff_ffff

/** Gives 1, 2, ... and begins anew at the end: pieces of four thousand million pieces ago are answered. */
export const pieceNumbers = (): (() => number) => {
  let last = 0
  return () => (last = (last % largest) + 1)
}
