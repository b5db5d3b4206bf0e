import { tokenEstimate } from '../../gateway/core/token-estimate.ts'

/**
 * Tokens per text where an engine tells only their sum, or nothing: shared out by estimated length, so that they add up to
 * the engine's sum, none above `maxTokens`. An engine that counts something else than tokens, and more than all texts can
 * have, is not believed beyond that. Without a sum the estimate stands.
 *
 * A text's share does not depend on where it stands in the batch.
 */
export const tokenShares = (texts: readonly string[], sum: number | undefined, maxTokens: number): Uint32Array => {
  const estimate = tokenEstimate(maxTokens)
  const estimates = texts.map((text) => estimate.tokensOf(text))
  if (sum === undefined || !Number.isSafeInteger(sum) || sum <= 0) return Uint32Array.from(estimates)
  const believed = Math.min(sum, texts.length * maxTokens)
  if (texts.length === 1) return Uint32Array.of(believed)
  return rounded(texts, cappedShares(estimates, believed, maxTokens), believed, maxTokens)
}

/** Shares in proportion to `weights`; what a share has above the cap goes to the others. */
const cappedShares = (weights: readonly number[], sum: number, cap: number): number[] => {
  const isFull = weights.map(() => false)
  for (;;) {
    const full = isFull.filter(Boolean).length
    const open = weights.reduce((total, weight, row) => total + (isFull[row] ? 0 : weight), 0)
    const scale = open === 0 ? 0 : (sum - full * cap) / open
    const shares = weights.map((weight, row) => (isFull[row] ? cap : weight * scale))
    if (shares.every((share, row) => isFull[row] || share <= cap)) return shares
    shares.forEach((share, row) => {
      if (share > cap) isFull[row] = true
    })
  }
}

/** Whole numbers by the largest remainders; ties go by text, not by place. */
const rounded = (texts: readonly string[], shares: readonly number[], sum: number, cap: number): Uint32Array => {
  const whole = Uint32Array.from(shares, Math.floor)
  let left = sum - whole.reduce((total, each) => total + each, 0)
  const remainder = (row: number): number => (shares[row] ?? 0) - (whole[row] ?? 0)
  const rows = shares
    .map((_, row) => row)
    .sort((a, b) => remainder(b) - remainder(a) || ((texts[a] ?? '') < (texts[b] ?? '') ? -1 : 1))
  for (const row of rows) {
    if (left <= 0) break
    if ((whole[row] ?? 0) >= cap) continue
    whole[row] = (whole[row] ?? 0) + 1
    left--
  }
  return whole
}
