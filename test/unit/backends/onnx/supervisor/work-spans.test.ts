import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BatchTimes, PieceTimes } from '../../../../../backends/onnx/protocol.ts'
import { workSpans } from '../../../../../backends/onnx/supervisor/work-spans.ts'
import type { Span, SpanStart } from '../../../../../gateway/core/span.ts'

interface Made extends SpanStart {
  readonly name: string
  readonly parent: string
  endedAtMs: number
}

/** A span that notes what is made of it. */
const recording = (made: Made[], name: string): Span => ({
  traceparent: name,
  now: () => 0,
  child: (childName, start = {}) => {
    const own = { ...start, name: childName, parent: name, endedAtMs: Number.NaN }
    made.push(own)
    return { ...recording(made, childName), end: (atMs = Number.NaN) => void (own.endedAtMs = atMs) }
  },
  set: () => {},
  fail: () => {},
  end: () => {},
})

const batch = (changes: Partial<BatchTimes> = {}): BatchTimes => ({
  number: 1,
  texts: 3,
  paddedTokens: 30,
  queuedMs: 2,
  startedMs: 5,
  forwardFromMs: 6,
  forwardToMs: 16,
  members: ['attempt', 'another'],
  ...changes,
})

const times = (changes: Partial<PieceTimes> = {}): PieceTimes => ({
  readFromMs: 1,
  readToMs: 2,
  batches: [batch()],
  answeredMs: 18,
  ...changes,
})

const setUp = () => {
  const record = workSpans()
  const worker = {}
  const answered = (changes: Partial<PieceTimes> = {}, by: object = worker, name = 'attempt'): Made[] => {
    const made: Made[] = []
    record(by, {
      attempt: recording(made, name),
      times: times(changes),
      sentAtMs: 1_000,
      answeredAtMs: 1_020,
      device: 'cpu',
      space: { pooling: 'mean', normalized: true },
    })
    return made
  }
  return { worker, answered }
}

const named = (made: readonly Made[], name: string): Made | undefined => made.find((each) => each.name === name)

describe('workSpans', () => {
  it('puts what a worker took in the middle of what the piece took here', () => {
    const made = setUp().answered()
    // 20 ms there and back, 18 of them in the worker.
    expect(named(made, 'tokenize')).toMatchObject({ atMs: 1_002, endedAtMs: 1_003 })
    expect(named(made, 'batch_wait')).toMatchObject({ atMs: 1_003, endedAtMs: 1_006 })
    expect(named(made, 'inference')).toMatchObject({ atMs: 1_006, endedAtMs: 1_017 })
    expect(named(made, 'forward')).toMatchObject({ parent: 'inference', atMs: 1_007, endedAtMs: 1_017 })
  })

  it('never begins before the piece was sent, whatever the clock of the worker says', () => {
    const made = setUp().answered({ answeredMs: 90_000 })
    for (const { atMs } of made) expect(atMs).toBeGreaterThanOrEqual(1_000)
  })

  it('says what ran, and that pooling and normalisation ran in it', () => {
    const made = setUp().answered()
    const attributes = { rows: 3, padded_tokens: 30, pooling: 'mean', normalized: true }
    expect(named(made, 'forward')?.attributes).toEqual(attributes)
    expect(named(made, 'batch')?.attributes).toEqual({ rows: 3, padded_tokens: 30, members: 2, device: 'cpu' })
  })

  it('links a batch to its other members, and its members to it', () => {
    const made = setUp().answered()
    expect(named(made, 'batch')?.links).toEqual(['another'])
    expect(named(made, 'batch_wait')?.links).toEqual(['batch'])
  })

  it('makes one span of a batch, however many pieces were in it', () => {
    const { answered } = setUp()
    answered()
    const second = answered({}, undefined, 'another')
    expect(named(second, 'batch')).toBeUndefined()
    expect(named(second, 'batch_wait')?.links).toEqual(['batch'])
  })

  it('takes batches of another worker for others', () => {
    const { answered } = setUp()
    answered()
    expect(named(answered({}, {}), 'batch')).toBeDefined()
  })

  it('makes one span a batch of the last 64, and forgets older ones', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 200 }), (numbers) => {
        const { answered } = setUp()
        const made = numbers.flatMap((number) => answered({ batches: [batch({ number })] }))
        expect(made.filter(({ name }) => name === 'batch')).toHaveLength(new Set(numbers).size)
      }),
      { numRuns: 50 },
    )
    const { answered } = setUp()
    answered({ batches: [batch({ number: 1 })] })
    for (let number = 2; number < 70; number++) answered({ batches: [batch({ number })] })
    expect(named(answered({ batches: [batch({ number: 1 })] }), 'batch')).toBeDefined()
  })
})
