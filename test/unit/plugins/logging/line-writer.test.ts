import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { lineWriter, maxWaitingChars } from '../../../../plugins/logging/line-writer.ts'

type Done = (error: NodeJS.ErrnoException | null, writtenBytes: number) => void

const setUp = () => {
  const clock = fakeClock()
  const faults: string[] = []
  const asked: { bytes: Buffer; done: Done }[] = []
  const chunks: Buffer[] = []
  const now = {
    syncFault: '',
    get bytes() {
      return Buffer.concat(chunks)
    },
    get written() {
      return this.bytes.toString()
    },
  }
  const writer = lineWriter({
    clock,
    io: {
      write: (bytes, done) => void asked.push({ bytes, done }),
      writeSync: (bytes) => {
        if (now.syncFault !== '') throw fault(now.syncFault)
        chunks.push(bytes)
        return bytes.length
      },
    },
    onFault: ({ code }) => void faults.push(code ?? ''),
    droppedLine: (lines) => `dropped ${lines}\n`,
  })
  const answer = (code?: string, writtenBytes?: number): string => {
    const { bytes, done } = asked.shift() ?? { bytes: Buffer.alloc(0), done: () => {} }
    const taken = code === undefined ? bytes.subarray(0, writtenBytes ?? bytes.length) : Buffer.alloc(0)
    chunks.push(taken)
    if (code === undefined) done(null, taken.length)
    else done(fault(code), 0)
    return bytes.toString()
  }
  return { clock, faults, asked, now, writer, answer }
}

const fault = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code })

describe('a line writer', () => {
  it('writes lines together after a while, and the rest of a write that was cut short', async () => {
    const { clock, asked, now, writer, answer } = setUp()
    writer.write('a\n')
    writer.write('b\n')
    expect(asked).toHaveLength(0)
    await clock.advance(100)
    answer(undefined, 1)
    answer()
    expect([now.written, asked.length, clock.pending]).toEqual(['a\nb\n', 0, 0])
  })

  it('writes at once when much waits, and one write at a time', async () => {
    const { clock, asked, writer, answer, now } = setUp()
    const line = `${'x'.repeat(20_000)}\n`
    writer.write(line)
    writer.write(line)
    await clock.advance(1_000)
    expect(asked).toHaveLength(1)
    answer()
    answer()
    expect(now.written).toBe(line + line)
  })

  it('tries what a full disk did not take again every second, and says why', async () => {
    const { clock, faults, asked, writer, answer, now } = setUp()
    writer.write('a\n')
    await clock.advance(100)
    answer('ENOSPC')
    writer.write('b\n')
    await clock.advance(999)
    expect([asked.length, faults]).toEqual([0, ['ENOSPC']])
    await clock.advance(1)
    answer('ENOSPC')
    await clock.advance(1_000)
    answer()
    expect([now.written, faults]).toEqual(['a\n', ['ENOSPC', 'ENOSPC']])
    writer.write('c\n')
    await clock.advance(100)
    answer()
    expect(now.written).toBe('a\nb\nc\n')
  })

  it('drops lines when too much waits, and tells how many', async () => {
    const { clock, writer, answer, now } = setUp()
    writer.write('first\n')
    await clock.advance(100)
    const long = `${'x'.repeat(maxWaitingChars - 1)}\n`
    writer.write(long)
    writer.write('lost\n')
    writer.write('lost too\n')
    answer()
    answer()
    expect(now.written).toBe(`first\n${long}dropped 2\n`)
  })

  it('waits a little for a reader that is busy, without a complaint', async () => {
    const { clock, faults, writer, answer, now } = setUp()
    writer.write('a\n')
    await clock.advance(100)
    answer('EAGAIN')
    await clock.advance(100)
    answer()
    expect([now.written, faults]).toEqual(['a\n', []])
  })

  it('keeps nothing for a reader that has gone', async () => {
    const { clock, faults, asked, writer, answer } = setUp()
    writer.write('a\n')
    await clock.advance(100)
    answer('EPIPE')
    writer.write('b\n')
    writer.end()
    await clock.advance(10_000)
    expect([asked.length, faults, clock.pending]).toEqual([0, [], 0])
  })

  it('writes what waits when the process ends, what a fault held back first', async () => {
    const { clock, writer, answer, now } = setUp()
    writer.write('a\n')
    await clock.advance(100)
    answer('ENOSPC')
    writer.write('b\n')
    writer.end()
    expect(now.written).toBe('a\nb\n')
  })

  it('ends on a full disk all the same', () => {
    const { writer, now } = setUp()
    writer.write('a\n')
    now.syncFault = 'ENOSPC'
    expect(() => writer.end()).not.toThrow()
  })

  it('writes every line once and in order, whatever the file does', async () => {
    const step = fc.oneof(
      fc.record({ does: fc.constant('write' as const), chars: fc.integer({ min: 1, max: 9_000 }) }),
      fc.record({ does: fc.constant('answer' as const), writtenBytes: fc.integer({ min: 1, max: 20_000 }) }),
      fc.record({ does: fc.constant('fail' as const), code: fc.constantFrom('ENOSPC', 'EAGAIN', 'EIO') }),
      fc.record({ does: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { clock, asked, writer, answer, now } = setUp()
        let given = ''
        for (const each of steps) {
          if (each.does === 'write') {
            const line = `${given.length}${'é'.repeat(each.chars)}\n`
            given += line
            writer.write(line)
          } else if (each.does === 'wait') await clock.advance(each.ms)
          else if (asked.length === 0) continue
          else if (each.does === 'fail') answer(each.code)
          else answer(undefined, each.writtenBytes)
        }
        while (asked.length > 0) answer()
        expect(now.bytes.equals(Buffer.from(given).subarray(0, now.bytes.length))).toBe(true)
        writer.end()
        expect(now.written).toBe(given)
      }),
    )
  })
})
