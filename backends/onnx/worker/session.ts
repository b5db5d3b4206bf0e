import type { Provider } from './profiles.ts'

/** A model that is loaded on a device. Runs are serialised by the caller: inputs live in reused buffers. */
export interface Session {
  readonly provider: Provider
  /** Width of a row. */
  readonly dims: number
  /**
   * Computes one vector per row of token ids.
   *
   * @returns rows x dims, row-major, pooled, finite, and of L2 norm 1 where the space says so
   * @throws Error when the runtime fails or gives anything else
   */
  run(rows: readonly Int32Array[]): Promise<Float32Array>
  /** Frees the device. Must not be called during a run: that aborts the process. */
  close(): Promise<void>
}
