import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { forwardLines } from '../../../../../backends/onnx/supervisor/output-lines.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { settle } from './scripted-worker.ts'

const forwarding = () => {
  const clock = fakeClock()
  const stream = new PassThrough()
  const lines: string[] = []
  forwardLines(stream, clock, (line) => lines.push(line))
  return { clock, stream, lines }
}

describe('forwardLines', () => {
  it('puts lines together from chunks, and passes on the last one without an end', async () => {
    const { stream, lines } = forwarding()
    stream.write('one\ntw')
    stream.end('o\n\nthree')
    await settle()
    await settle()
    expect(lines).toEqual(['one', 'two', 'three'])
  })

  it('cuts long lines, also when they never end', async () => {
    const { stream, lines } = forwarding()
    for (let chunk = 0; chunk < 50; chunk += 1) stream.write('x'.repeat(1_000))
    stream.end('\n')
    await settle()
    await settle()
    expect(lines.map((line) => line.length)).toEqual([500])
  })

  it('drops what is more than 50 lines in 10 s', async () => {
    const { clock, stream, lines } = forwarding()
    stream.write('line\n'.repeat(200))
    await settle()
    expect(lines).toHaveLength(50)
    expect(lines.at(-1)).toBe('(more output is dropped)')
    await clock.advance(10_000)
    stream.write('again\n')
    await settle()
    expect(lines.at(-1)).toBe('again')
  })
})
