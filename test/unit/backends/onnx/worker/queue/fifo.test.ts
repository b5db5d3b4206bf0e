import { describe, expect, it } from 'vitest'
import { fifo } from '../../../../../../backends/onnx/worker/queue/fifo.ts'

describe('a fifo', () => {
  it('gives back what it got in the same order, also past its compaction', () => {
    const queue = fifo<number>()
    const out: (number | undefined)[] = []
    for (let number = 0; number < 5_000; number++) {
      queue.push(number)
      if (number % 3 > 0) out.push(queue.shift())
    }
    while (queue.peek() !== undefined) out.push(queue.shift())
    expect(out).toEqual(Array.from({ length: 5_000 }, (_, number) => number))
  })

  it('is empty after its last item, and usable again', () => {
    const queue = fifo<string>()
    queue.push('a')
    expect([queue.shift(), queue.shift(), queue.peek()]).toEqual(['a', undefined, undefined])
    queue.push('b')
    expect(queue.peek()).toBe('b')
  })
})
