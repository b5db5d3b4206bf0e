/** First in, first out, in constant time. */
export interface Fifo<T> {
  push(item: T): void
  /** The oldest, without removing it. */
  peek(): T | undefined
  shift(): T | undefined
}

/** Slots freed at the front before the array is shortened. */
const compactAfter = 1_024

/** An empty queue. `Array.shift` would move every remaining item. */
export const fifo = <T>(): Fifo<T> => {
  let items: T[] = []
  let head = 0
  return {
    push: (item) => void items.push(item),
    peek: () => items[head],
    shift() {
      const item = items[head]
      if (head < items.length) head++
      if (head >= compactAfter && head * 2 >= items.length) {
        items = items.slice(head)
        head = 0
      }
      return item
    },
  }
}
