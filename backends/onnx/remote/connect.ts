import { lookup } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import type { Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { References } from '../../../gateway/core/model.ts'
import { type Space, spaceId } from '../../../gateway/core/space.ts'
import { untilAborted } from '../../../gateway/core/until-aborted.ts'
import type { WorkerHealth, WorkerStats } from '../protocol.ts'
import { limited } from '../supervisor/limited.ts'
import { checkGolden } from '../supervisor/golden-check.ts'
import { type RemoteClient, remoteClient } from './client.ts'
import type { WorkerUrl } from './worker-url.ts'

/** Which worker to connect to, and what it must be. */
export interface ConnectOptions {
  readonly url: WorkerUrl
  readonly token: string | undefined
  /** Of the model files that the gateway has. */
  readonly space: Space
  readonly references: References | undefined
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Looks up the addresses of a name; the system does by default. */
  readonly lookUp?: (host: string) => Promise<readonly string[]>
}

/** A worker that has answered a text. */
export interface Connected {
  readonly client: RemoteClient
  readonly about: WorkerHealth
  /** Its numbers when it was connected; what it did before is not this gateway's. */
  readonly stats: WorkerStats
  /** `http://address:port`, after the name was looked up. */
  readonly origin: string
}

/** From the look-up of the name to the answer of a golden text, which goes before the bulk work of a busy worker. */
const limitMs = 10_000
const tooLate = (): BackendError => new BackendError('unavailable', `no worker has answered within ${limitMs} ms`)

/** The connect and the first answer of one address: four of the batches that a worker at work may have before it. */
const reachedMs = 2_000
const notReached = (): BackendError =>
  new BackendError('connection', `nobody has answered at this address within ${reachedMs} ms`)

/**
 * Connects to a worker and waits until it has really answered a text. The name is looked up anew each time, and its addresses
 * are tried in random order until one can be reached, which takes at most 2 s each.
 *
 * @param signal stops it, with its reason
 * @throws BackendError `connection`, `protocol`, `invalid_rows`, or `unavailable` when it stops, wants another token, serves
 *   another space, or took longer than 10 s. The message begins with the URL
 */
export const connectWorker = async (options: ConnectOptions, signal: AbortSignal): Promise<Connected> => {
  const { clock, url } = options
  try {
    const reason = tooLate
    return await limited({ clock, limitMs, reason }, signal, (each) => firstThatConnects(options, each))
  } catch (cause) {
    signal.throwIfAborted()
    const fault = cause instanceof BackendError ? cause.fault : 'error'
    throw new BackendError(fault, `${url.text}: ${(cause as Error).message}`, { cause })
  }
}

const firstThatConnects = async (options: ConnectOptions, signal: AbortSignal): Promise<Connected> => {
  const { url, random, lookUp = systemLookUp } = options
  let failure: BackendError | undefined
  for (const address of shuffled(await untilAborted(signal, addressesOf(url.host, lookUp)), random)) {
    try {
      return await open(options, `http://${isIPv6(address) ? `[${address}]` : address}:${url.port}`, signal)
    } catch (error) {
      if (!(error instanceof BackendError) || error.fault !== 'connection' || signal.aborted) throw error
      failure = error
    }
  }
  throw failure ?? new BackendError('connection', 'the name has no address')
}

const systemLookUp = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address)

const addressesOf = async (host: string, lookUp: typeof systemLookUp): Promise<readonly string[]> => {
  try {
    return await lookUp(host)
  } catch (cause) {
    throw new BackendError('connection', `the name cannot be looked up: ${(cause as Error).message}`, { cause })
  }
}

const shuffled = (addresses: readonly string[], random: () => number): string[] =>
  addresses
    .map((address) => ({ address, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ address }) => address)

const open = async (options: ConnectOptions, origin: string, signal: AbortSignal): Promise<Connected> => {
  const { url, token, space, references, clock } = options
  const headers = { host: new URL(url.text).host, ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const client = remoteClient({ origin, headers }, space.dims)
  try {
    const reached = { clock, limitMs: reachedMs, reason: notReached }
    const about = await limited(reached, signal, (each) => untilAborted(each, client.health(each)))
    checkAbout(about, space)
    const stats = await client.stats(0, signal)
    await untilAborted(signal, checkGolden(client, space, references))
    return { client, about, stats, origin }
  } catch (error) {
    client.drop(new BackendError('unavailable', 'the worker was not connected'))
    throw error
  }
}

/** @throws BackendError `unavailable` */
const checkAbout = (about: WorkerHealth, space: Space): void => {
  if (about.state === 'draining') throw new BackendError('unavailable', 'the worker is stopping')
  const own = spaceId(space)
  if (about.space === own) return
  throw new BackendError(
    'unavailable',
    `the worker serves ${about.model} of space ${about.space}, this gateway ${space.model} of space ${own}: both need the same model files`,
  )
}
