/**
 * Bytes of one chunk. An entry of 384, 768, 1 024 or 1 536 numbers with its 32-byte header fills its chunks to 96 % or
 * more.
 */
export const chunkBytes = 320

/** What the arena itself needs per chunk: the link to the next one. */
export const chunkOverheadBytes = 4

/** How many chunks `length` bytes take. */
export const chunksFor = (length: number): number => Math.max(1, Math.ceil(length / chunkBytes))

/** The number of a written block's first chunk. */
export type BlockStart = number

/**
 * A fixed pool of memory for blocks of any size, in linked chunks. Memory that is freed is used again at once, so a full
 * store stays as large as it is, while one backing store per entry leaves the garbage collector to find freed ones late.
 */
export interface Arena {
  /**
   * Copies `bytes` in.
   *
   * @throws RangeError when fewer chunks are free than `chunksFor(bytes.length)`
   */
  write(bytes: Uint8Array): BlockStart
  /** Copies a block out into the whole of `target`, which must be no longer than what was written. */
  read(start: BlockStart, target: Uint8Array): void
  /** Gives a block's chunks back. */
  free(start: BlockStart): void
}

/** Memory is taken from the system in pieces of this many chunks, when they are needed: 1.25 MiB. */
const slabChunks = 4096
const nil = 0xffff_ffff

/** An arena of at most `capacity` chunks. */
export const createArena = (capacity: number): Arena => {
  const slabs: Uint8Array[] = []
  const next = new Uint32Array(capacity)
  let freed = nil
  let used = 0
  let left = capacity

  const take = (): number => {
    if (freed === nil) {
      if (used % slabChunks === 0) slabs.push(new Uint8Array(Math.min(slabChunks, capacity - used) * chunkBytes))
      return used++
    }
    const chunk = freed
    freed = next[chunk] ?? nil
    return chunk
  }

  const allocate = (chunks: number): BlockStart => {
    if (chunks > left) throw new RangeError('the arena is full')
    left -= chunks
    const start = take()
    let last = start
    for (let taken = 1; taken < chunks; taken++) {
      const chunk = take()
      next[last] = chunk
      last = chunk
    }
    next[last] = nil
    return start
  }

  /** Calls `visit` for each run of neighbouring chunks, so that most blocks are copied in one go. */
  const eachRun = (start: BlockStart, length: number, visit: (memory: Uint8Array, at: number) => void): void => {
    let chunk = start
    for (let done = 0; done < length;) {
      const slab = slabs[Math.floor(chunk / slabChunks)]
      if (slab === undefined) throw new RangeError('no such block')
      const first = chunk
      let following = next[chunk] ?? nil
      while (following === chunk + 1 && following % slabChunks !== 0) {
        chunk = following
        following = next[chunk] ?? nil
      }
      const from = (first % slabChunks) * chunkBytes
      const bytes = Math.min(length - done, (chunk - first + 1) * chunkBytes)
      visit(slab.subarray(from, from + bytes), done)
      done += bytes
      chunk = following
    }
  }

  return {
    write: (bytes) => {
      const start = allocate(chunksFor(bytes.length))
      eachRun(start, bytes.length, (memory, at) => memory.set(bytes.subarray(at, at + memory.length)))
      return start
    },
    read: (start, target) => eachRun(start, target.length, (memory, at) => target.set(memory, at)),
    free: (start) => {
      let last = start
      left++
      for (let chunk = next[last] ?? nil; chunk !== nil; chunk = next[last] ?? nil) {
        last = chunk
        left++
      }
      next[last] = freed
      freed = start
    },
  }
}
