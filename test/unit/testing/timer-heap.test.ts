import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timerHeap, type Timer } from '../../../gateway/testing/timer-heap.ts'

const step = fc.oneof(
  fc.record({ add: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ remove: fc.nat(40) }),
  fc.record({ take: fc.constant(true) }),
)

/** Adds one, takes one out, or takes the first. */
interface Step {
  readonly add?: number
  readonly remove?: number
  readonly take?: boolean
}

describe('the heap of timers', () => {
  it('gives them by time and then by age, whatever was added and taken out in between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (script: Step[]) => {
        const heap = timerHeap()
        const model: Timer[] = []
        const due = () => model.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
        const drop = (timer: Timer | undefined): void => {
          if (timer === undefined) return
          heap.remove(timer)
          heap.remove(timer)
          model.splice(model.indexOf(timer), 1)
        }
        for (const { add, remove } of script) {
          if (add !== undefined) model.push(heap.add(add, () => {}))
          else if (remove !== undefined) drop(model[remove % Math.max(1, model.length)])
          else drop(heap.first())
          expect(heap.first()).toBe(due())
          expect(heap.size).toBe(model.length)
        }
      }),
    )
  })
})
