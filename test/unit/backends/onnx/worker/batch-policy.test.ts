import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextBatch } from '../../../../../backends/onnx/worker/batch-policy.ts'
import { profiles } from '../../../../../backends/onnx/worker/profiles.ts'
import { createQueue } from '../../../../../backends/onnx/worker/queue.ts'
import { type EntryFacts, type NumberedEntry, entryMaker } from './queue/entries.ts'

const core = { budgetTokens: 64, overheadTokens: 6 }
const graphics = { budgetTokens: 1_000, overheadTokens: 200 }

const filled = (facts: readonly EntryFacts[], profile = core) => {
  const entry = entryMaker()
  const queue = createQueue<NumberedEntry>(profile.budgetTokens)
  const entries = facts.map(entry)
  entries.forEach((each) => queue.add(each))
  return { queue, entries }
}

const lengths = (...all: number[]): EntryFacts[] => all.map((length) => ({ length }))
const lengthsOf = (batch: { rows: readonly NumberedEntry[] }): number[] => batch.rows.map(({ ids }) => ids.length)

describe('the next batch', () => {
  it('fills up with equal lengths to the budget', () => {
    const { queue } = filled(lengths(16, 16, 16, 16, 16))
    const batch = nextBatch(queue, core, 0)
    expect([lengthsOf(batch), batch.paddedTokens]).toEqual([[16, 16, 16, 16], 64])
    expect(lengthsOf(nextBatch(queue, core, 0))).toEqual([16])
    expect(lengthsOf(nextBatch(queue, core, 0))).toEqual([])
  })

  it('runs a text that is to run alone when nothing else waits, or when it is old, and never with others', () => {
    const waiting = [{ alone: true }, {}, { alone: true }, {}]
    const { queue, entries } = filled(waiting)
    const [first, second, third, fourth] = entries
    expect(nextBatch(queue, core, 249).rows).toEqual([second, fourth])
    expect(nextBatch(queue, core, 249).rows).toEqual([first])
    expect(nextBatch(queue, core, 249).rows).toEqual([third])
    const { queue: old, entries: ofOld } = filled(waiting)
    expect(nextBatch(old, core, 250).rows).toEqual([ofOld[0]])
  })

  it('runs a text that is over the budget alone', () => {
    const { queue } = filled(lengths(100, 100))
    expect(lengthsOf(nextBatch(queue, core, 0))).toEqual([100])
  })

  it('takes longer texts only while the padding of the others costs less than a batch of its own', () => {
    const { queue } = filled(lengths(10, 10, 12, 13))
    // 12 pads two rows by 2 each; 13 would pad three rows by 1 each, which is less than 6 as well.
    expect(lengthsOf(nextBatch(queue, core, 0))).toEqual([10, 10, 12, 13])
    const { queue: wider } = filled(lengths(10, 10, 13))
    expect(lengthsOf(nextBatch(wider, core, 0))).toEqual([10, 10])
  })

  it('takes shorter texts when an old long one goes first', () => {
    const { queue } = filled([{ length: 20, atMs: 0 }, ...[19, 15, 14].map((length) => ({ length, atMs: 900 }))])
    expect(lengthsOf(nextBatch(queue, core, 1_000))).toEqual([20, 19, 15])
  })

  it('takes what adds the least padding first', () => {
    const facts = [{ length: 20, atMs: 0 }, ...[21, 15].map((length) => ({ length, atMs: 900 }))]
    const { queue } = filled(facts, { budgetTokens: 44, overheadTokens: 6 })
    expect(lengthsOf(nextBatch(queue, { budgetTokens: 44, overheadTokens: 6 }, 1_000))).toEqual([20, 21])
  })

  it('mixes all lengths on a device whose overhead is large', () => {
    const { queue } = filled(lengths(5, 40, 90, 12), graphics)
    expect(lengthsOf(nextBatch(queue, graphics, 0)).sort((a, b) => a - b)).toEqual([5, 12, 40, 90])
  })

  it('mixes tenants, in turn, but not classes', () => {
    const { queue } = filled([
      { tenant: 'a' },
      { tenant: 'a' },
      { tenant: 'a' },
      { tenant: 'b' },
      { tenant: 'b', priority: 'bulk' },
    ])
    const batch = nextBatch(queue, { budgetTokens: 30, overheadTokens: 6 }, 0)
    expect(batch.rows.map(({ tenant, priority }) => `${tenant} ${priority}`)).toEqual([
      'a interactive',
      'b interactive',
      'a interactive',
    ])
  })

  it('halves bulk batches for a second after an interactive text has come', () => {
    const bulk = Array.from({ length: 12 }, (): EntryFacts => ({ length: 16, priority: 'bulk' }))
    const { queue } = filled([...bulk, { length: 8, atMs: 100 }])
    expect(lengthsOf(nextBatch(queue, core, 100))).toEqual([8])
    expect(lengthsOf(nextBatch(queue, core, 1_099))).toEqual([16, 16])
    expect(lengthsOf(nextBatch(queue, core, 1_100))).toEqual([16, 16, 16, 16])
  })

  it('drops texts whose deadline has passed, as seed and as company', () => {
    const { queue, entries } = filled([{ deadlineAtMs: 5 }, { deadlineAtMs: 20 }, { deadlineAtMs: 10 }, {}])
    const batch = nextBatch(queue, core, 10)
    expect(batch.rows).toEqual([entries[1], entries[3]])
    expect(batch.expired).toEqual([entries[0], entries[2]])
    expect(queue.texts).toBe(0)
  })

  it('is empty when everything has expired, and says what', () => {
    const { queue, entries } = filled([{ deadlineAtMs: 5 }])
    expect(nextBatch(queue, core, 10)).toEqual({ rows: [], expired: entries, paddedTokens: 0 })
  })

  it('stays narrow on a core', () => {
    const { queue } = filled(lengths(8, 8, 40, 41))
    expect(lengthsOf(nextBatch(queue, profiles.cpu, 0))).toEqual([8, 8])
  })
})

const anyEntry = fc.record({
  length: fc.integer({ min: 1, max: 90 }),
  tenant: fc.constantFrom('a', 'b', 'c'),
  priority: fc.constantFrom('interactive', 'bulk'),
  deadlineAtMs: fc.constantFrom(50, Number.POSITIVE_INFINITY),
  alone: fc.boolean(),
  fate: fc.constantFrom('wait', 'wait', 'cancel', 'raise'),
})

describe('batches', () => {
  it.each([core, graphics])('dispatch every text once, never a cancelled one, within the budget of %j', (profile) => {
    fc.assert(
      fc.property(fc.array(fc.array(anyEntry, { maxLength: 30 }), { minLength: 1, maxLength: 8 }), (arrivals) => {
        const entry = entryMaker()
        const queue = createQueue<NumberedEntry>(profile.budgetTokens)
        const seen = new Map<number, 'run' | 'expired' | 'cancelled'>()
        const mark = (each: NumberedEntry, fate: 'run' | 'expired' | 'cancelled'): void => {
          expect(seen.has(each.number)).toBe(false)
          seen.set(each.number, fate)
        }
        let nowMs = 0
        let added = 0
        const runOne = (): void => {
          const batch = nextBatch(queue, profile, nowMs)
          const longest = Math.max(0, ...lengthsOf(batch))
          expect(batch.paddedTokens).toBe(batch.rows.length * longest)
          if (batch.rows.length > 1) expect(batch.paddedTokens).toBeLessThanOrEqual(profile.budgetTokens)
          expect(new Set(batch.rows.map(({ priority }) => priority)).size).toBeLessThanOrEqual(1)
          if (batch.rows.some(({ alone }) => alone)) expect(batch.rows).toHaveLength(1)
          for (const row of batch.rows) expect(row.deadlineAtMs).toBeGreaterThan(nowMs)
          batch.rows.forEach((each) => mark(each, 'run'))
          batch.expired.forEach((each) => mark(each, 'expired'))
        }
        for (const arrival of arrivals) {
          const fresh = arrival.map(({ fate, ...facts }) => ({ fate, each: entry({ ...facts, atMs: nowMs }) }))
          fresh.forEach(({ each }) => queue.add(each))
          added += fresh.length
          for (const { fate, each } of fresh) {
            if (fate === 'raise') queue.raise(each, 'interactive')
            if (fate !== 'cancel') continue
            queue.remove(each)
            mark(each, 'cancelled')
          }
          runOne()
          nowMs += 20
        }
        while (queue.texts > 0) runOne()
        expect(seen.size).toBe(added)
        expect(queue.tokens).toBe(0)
      }),
    )
  })

  it('starve nobody: a long bulk text runs although short ones of others never end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 20, max: 90 }), (rivals, length) => {
        const entry = entryMaker()
        const queue = createQueue<NumberedEntry>(core.budgetTokens)
        const patient = entry({ length, tenant: 'patient', priority: 'bulk' })
        queue.add(patient)
        let nowMs = 0
        let batches = 0
        for (; patient.lane; batches++, nowMs += 10) {
          expect(batches).toBeLessThan(200)
          for (let rival = 0; rival < rivals; rival++) {
            const tenant = rival === 0 ? 'patient' : `rival ${rival}`
            const priorities = ['interactive', 'bulk'] as const
            for (const priority of priorities) {
              for (let each = 0; each < 9; each++) queue.add(entry({ length: 8, tenant, priority, atMs: nowMs }))
            }
          }
          nextBatch(queue, core, nowMs)
        }
      }),
    )
  })

  it('cost no more for a hundred thousand texts than their number', () => {
    const entry = entryMaker()
    const queue = createQueue<NumberedEntry>(profiles.cpu.budgetTokens)
    const entries = Array.from({ length: 100_000 }, (_, at) =>
      entry({ length: 3 + ((at * 7) % 250), tenant: `t${at % 10}` }),
    )
    entries.forEach((each) => queue.add(each))
    // Half are cancelled, the way a caller's leaving does it.
    entries.forEach((each) => each.number % 2 && queue.remove(each))
    let run = 0
    while (queue.texts > 0) run += nextBatch(queue, profiles.cpu, 0).rows.length
    expect(run).toBe(50_000)
  })
})
