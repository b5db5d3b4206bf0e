/** The execution providers that a worker can use. */
export type Provider = 'cpu' | 'cuda' | 'webgpu'

/** How batches should look on a device. */
export interface DeviceProfile {
  /** Most of rows x longest in one batch; a longer text runs alone. Also bounds the memory of a batch. */
  readonly budgetTokens: number
  /** What a batch costs before its first token, as the tokens that could be computed in that time. */
  readonly overheadTokens: number
}

/**
 * A core loses when a batch leaves its cache: of budgets from 256 to 16 384, 256 was best on mixed lengths (193, 154, 82,
 * 51 texts/s at 256, 1 024, 4 096, 16 384). Starting a run takes about 1.2 ms, 5 tokens' time (1x16 4.8 ms, 1x128 30.1 ms).
 */
const core: DeviceProfile = { budgetTokens: 256, overheadTokens: 6 }
/**
 * A graphics processor wants much at once: a run costs about a millisecond before the first token, in which a small model
 * passes a thousand tokens. Not measured on many devices: large enough to fill one, small enough for 4 GB of memory.
 */
const graphics: DeviceProfile = { budgetTokens: 16_384, overheadTokens: 1_024 }

/** The profile of each provider. */
export const profiles: Readonly<Record<Provider, DeviceProfile>> = { cpu: core, cuda: graphics, webgpu: graphics }

/** A batch should be done in this time: what arrives meanwhile waits for it, and so does whoever asks if the worker lives. */
const longestBatchMs = 500

/** The profile of a device that takes `msPerToken`: a slow one gets smaller batches. */
export const atSpeed = (profile: DeviceProfile, msPerToken: number): DeviceProfile => ({
  ...profile,
  budgetTokens: Math.max(1, Math.min(profile.budgetTokens, Math.floor(longestBatchMs / msPerToken))),
})
