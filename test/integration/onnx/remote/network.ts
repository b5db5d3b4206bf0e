import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A stretch of network in front of a port: passes bytes on, until it is told otherwise. */
export interface Network {
  readonly url: string
  /** Takes everything and gives nothing back, in connections that are open and in new ones; or passes on again. */
  blackhole(isOn: boolean): void
  /** Resets all connections. */
  reset(): void
  /** Sends bytes to the gateway on connections that are open, as if they came from the worker. */
  inject(bytes: Uint8Array): void
  /** Passes only this many bytes of each run on to the gateway, and then resets. */
  truncateAfter(bytes: number): void
  /** Passes a byte to the gateway every 20 ms. */
  trickle(): void
  /** Connections that the gateway has open. */
  open(): number
}

/** A network in front of `port`, gone with the test. */
export const networkTo = async (port: number): Promise<Network> => {
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>()
  let isBlack = false
  let isSlow = false
  let passes = Number.POSITIVE_INFINITY
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    const pair = { near, far }
    pairs.add(pair)
    const drip = dripper(near)
    near.on('data', (chunk) => isBlack || far.write(chunk))
    far.on('data', (chunk: Buffer) => {
      if (isBlack) return
      if (isSlow) return drip(chunk)
      near.write(chunk.subarray(0, passes))
      if (chunk.length > passes) near.resetAndDestroy()
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {})
      one.on('end', () => isBlack || other.end())
      one.on('close', () => {
        pairs.delete(pair)
        if (!isBlack) other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reset = (): void => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy()
      far.destroy()
    }
  }
  onTestFinished(() => {
    reset()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    blackhole: (isOn) => (isBlack = isOn),
    reset,
    inject: (bytes) => pairs.forEach(({ near }) => near.write(bytes)),
    trickle: () => (isSlow = true),
    truncateAfter: (bytes) => (passes = bytes),
    open: () => pairs.size,
  }
}

/** Sends bytes one by one, in the order in which they were given. */
const dripper = (socket: Socket): ((bytes: Buffer) => void) => {
  const waiting: number[] = []
  const timer = setInterval(() => {
    const byte = waiting.shift()
    if (byte !== undefined) socket.write(Buffer.of(byte))
  }, 20)
  socket.on('close', () => clearInterval(timer))
  return (bytes) => void waiting.push(...bytes)
}
