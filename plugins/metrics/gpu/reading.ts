/** How busy a graphics processor is. */
export interface GpuReading {
  /** `nvidia0`, `card1`: as the driver numbers them. */
  readonly device: string
  /** 0 to 100. */
  readonly percent: number
}

/**
 * Asks one driver. Undefined: it is not on this machine, so that asking again is no use; an empty list: it says nothing now.
 *
 * @param signal stops it
 */
export type ReadGpus = (signal: AbortSignal) => Promise<readonly GpuReading[] | undefined>
