import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { autoBodyBytes, bodyBytes } from '../../../../../plugins/limits/edge/body-bytes.ts'

const setup = (limitBytes: number) => {
  const bodies = bodyBytes(limitBytes)
  const open = () => {
    const body = new PassThrough()
    const forget = bodies.watch(body, () => new Error('too much'))
    const read: string[] = []
    const failed: string[] = []
    /** As a parser does. */
    const parse = (): void => {
      body.on('data', (chunk: Buffer) => read.push(chunk.toString()))
      body.on('error', ({ message }) => failed.push(message))
    }
    const send = async (text: string): Promise<void> => {
      body.write(text)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return { parse, send, forget, read, failed }
  }
  return { bodies, open }
}

describe('the bytes of bodies', () => {
  it('are counted as they are read, and forgotten with their request', async () => {
    const { bodies, open } = setup(100)
    const one = open()
    one.parse()
    await one.send('x'.repeat(60))
    expect(bodies.heldBytes()).toBe(60)
    one.forget()
    one.forget()
    expect(bodies.heldBytes()).toBe(0)
  })

  it('loses nothing of a body whose reader comes late, and counts nothing that nobody reads', async () => {
    const { bodies, open } = setup(100)
    const one = open()
    await one.send('first')
    expect(bodies.heldBytes()).toBe(0)
    one.parse()
    await one.send('second')
    expect(one.read.join('')).toBe('firstsecond')
    expect(bodies.heldBytes()).toBe(11)
  })

  it('end the body that makes them too many, and no other', async () => {
    const { bodies, open } = setup(100)
    const [first, second] = [open(), open()]
    first.parse()
    second.parse()
    await first.send('x'.repeat(90))
    await second.send('x'.repeat(20))
    expect([first.failed, second.failed]).toEqual([[], ['too much']])
    second.forget()
    expect(bodies.heldBytes()).toBe(90)
  })

  it('never end the only body there is: it would be told to come again for ever', async () => {
    const { open } = setup(100)
    const one = open()
    one.parse()
    await one.send('x'.repeat(500))
    expect(one.failed).toEqual([])
  })

  it('are bounded by the memory and by the heap', () => {
    expect(autoBodyBytes(512 * 2 ** 20, 4 * 2 ** 30)).toBe(32 * 2 ** 20)
    expect(autoBodyBytes(64 * 2 ** 30, 4 * 2 ** 30)).toBe(512 * 2 ** 20)
  })
})
