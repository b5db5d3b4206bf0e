/** One thing that the doctor found. */
export interface Finding {
  readonly about: string
  readonly says: string
  /** `no`: something will not work as it is; `absent`: not on this machine, and not needed. */
  readonly state: 'ok' | 'no' | 'absent'
  /** What would make it work, or faster. */
  readonly advice?: string
}
