/** Numbers of a vector of the embedded model. */
export const dims = 384

/**
 * Floating-point operations that one token of a text of `sequence` tokens costs in the embedded model (6 layers, hidden
 * 384, feed-forward 1 536): the linear layers, and attention, which grows with the length. A multiply-add counts as two.
 */
export const flopsPerToken = (sequence: number): number =>
  6 * (2 * (4 * 384 * 384 + 2 * 384 * 1536) + 4 * sequence * 384)
