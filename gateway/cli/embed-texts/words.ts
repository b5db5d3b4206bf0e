import { createInterface } from 'node:readline'
import type { Io } from '../io.ts'

/** The texts that were given; `-` stands for the lines of standard input, empty ones left out. */
export async function* textsOf(words: readonly string[], io: Io): AsyncGenerator<string> {
  for (const word of words) {
    if (word !== '-') yield word
    else for await (const line of createInterface({ input: io.stdin })) if (line !== '') yield line
  }
}

/** Groups of at most `size`, so that a long input is never held whole. */
export async function* inGroups(texts: AsyncIterable<string>, size: number): AsyncGenerator<string[]> {
  let group: string[] = []
  for await (const text of texts) {
    group.push(text)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
