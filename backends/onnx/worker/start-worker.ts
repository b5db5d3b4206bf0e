import { randomUUID } from 'node:crypto'
import { systemClock } from '../../../gateway/core/clock.ts'
import { spaceId } from '../../../gateway/core/space.ts'
import { loadModelFiles } from '../model/model-files.ts'
import { resolveModelFolder } from '../model/resolve.ts'
import { verifyModelFiles } from '../model/verify.ts'
import { isSupervised } from '../supervised.ts'
import type { WorkerHealth } from '../protocol.ts'
import { createEngine } from './engine.ts'
import { createStats, type Stats } from './stats.ts'
import { listen } from './server/listen.ts'
import { boundAddress, isLocal, parseListenAddress } from './server/listen-address.ts'
import { createWorkerServer } from './server.ts'
import type { Notify } from './notice.ts'
import { atSpeed, profiles } from './profiles.ts'
import { type Device, DeviceAbsent, devices, openDevice } from './device.ts'
import { warmUp } from './session/warm-up.ts'
import { speedWatch } from './speed-watch.ts'
import { loadTokenizer } from './tokenizer.ts'

/** How a worker is started. */
export interface WorkerOptions {
  /** Path of a model folder, or a name that `resolveModelFolder` knows. */
  readonly model: string
  /** cpu, gpu, cuda or webgpu. */
  readonly device: string
  /** `unix:/path` or `host:port`. */
  readonly listen: string
  /** Wanted from every client over TCP; `EMBEDGATE_WORKER_TOKEN` by default. Off loopback there must be one. */
  readonly token?: string
  /** Whether the device is given up when it becomes slower than the processor; somebody else must be there to compute then. */
  readonly giveUpWhenSlow?: boolean
  /** Where downloaded models are; `.embedgate` by default. */
  readonly dataDir?: string
}

/** A worker that listens and has run its model. */
export interface RunningWorker {
  readonly ready: WorkerHealth & { readonly msPerToken: number }
  /** Where it listens, as `http://host:port` or `unix:/path`. */
  readonly address: string
  /** Answers what has been accepted, then frees the device. */
  close(): Promise<void>
}

/** Tokens that may wait: minutes of work for a core, some 10 MB of ids. Deadlines make it shorter long before. */
const maxQueuedTokens = 1_048_576

/** What a bearer token may consist of. */
const headerSafe = /^[\x21-\x7e]+$/

const now = (): number => systemClock.now()

/**
 * Loads a model on a device, and listens.
 *
 * @param onLost told when the device fails for good, or with `DeviceAbsent` when it has become too slow to be worth using
 * @throws DeviceAbsent when there is no such device, or none worth using
 * @throws GatewayError `EG_MODEL_CORRUPT`, or `EG_CONFIG_INVALID` for an unknown model
 * @throws Error when the device or the address is not one, or the address cannot be listened on
 */
export const startWorker = async (
  options: WorkerOptions,
  notify: Notify,
  onLost: (error: Error) => void,
): Promise<RunningWorker> => {
  const startedMs = now()
  const device = deviceOf(options.device)
  const address = parseListenAddress(options.listen)
  const token = 'path' in address ? undefined : options.token || process.env['EMBEDGATE_WORKER_TOKEN'] || undefined
  if (!isLocal(address) && token === undefined) {
    throw new Error(`${options.listen} can be reached from other machines: set EMBEDGATE_WORKER_TOKEN`)
  }
  if (token !== undefined && !headerSafe.test(token)) {
    throw new Error('EMBEDGATE_WORKER_TOKEN holds characters that no header can carry, such as a line break at its end')
  }
  const model = loadModelFiles(resolveModelFolder(options.model, options.dataDir ?? '.embedgate'))
  const { maxTokens } = model.space
  await verifyModelFiles(model)
  const tokenizer = loadTokenizer(model.tokenizer, maxTokens)
  // Flags and files are judged before the runtime is loaded.
  const { openOrtSession } = await import('./ort-session.ts')
  const { session, rivals } = await openDevice(
    device,
    (provider) => openOrtSession(model, tokenizer.padId, provider),
    now,
  )
  const stats = createStats(await warmUp(session, maxTokens, now))
  const profile = profiles[session.provider]
  const slowness = options.giveUpWhenSlow && rivals ? speedWatch(rivals, systemClock) : undefined
  const addBatch: Stats['add'] = (batch) => {
    stats.add(batch)
    const reason = slowness?.(batch)
    if (reason !== undefined) onLost(new DeviceAbsent(reason))
  }
  const engine = createEngine({
    session,
    tokenizer,
    profile,
    clock: systemClock,
    stats: { ...stats, add: addBatch },
    maxQueuedTokens,
    onRunning: (running, paddedTokens, priority) =>
      notify({ running, paddedTokens, priority, predictedMs: paddedTokens * stats.msPerToken() }),
    onLost,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
  })
  let state: WorkerHealth['state'] = 'up'
  const loadMs = now() - startedMs
  const served = { model: model.space.model, space: spaceId(model.space), instance: randomUUID() }
  const health = (): WorkerHealth => ({ state, device, provider: session.provider, ...served, loadMs })
  const { server, announceStop, close } = createWorkerServer({
    engine,
    dims: session.dims,
    health,
    token,
    isSupervised: isSupervised(),
    stats: (since) => {
      const { texts, tokens } = engine.level()
      const msPerToken = stats.msPerToken()
      const longestBatchMs = msPerToken * Math.max(atSpeed(profile, msPerToken).budgetTokens, maxTokens)
      const queued = { queuedTexts: texts, queuedTokens: tokens }
      const memory = { pid: process.pid, rssBytes: process.memoryUsage.rss() }
      return { ...memory, ...queued, msPerToken, longestBatchMs, batches: stats.after(since) }
    },
  })
  await listen(server, address)
  return {
    ready: { ...health(), msPerToken: stats.msPerToken() },
    address: boundAddress(address, server.address()),
    async close() {
      state = 'draining'
      announceStop()
      // It listens meanwhile: who comes now is told that it stops, which is clearer than a reset connection.
      await engine.drain()
      await close()
      await session.close()
    },
  }
}

const deviceOf = (name: string): Device => {
  const device = devices.find((each) => each === name)
  if (!device) throw new Error(`there is no device ${JSON.stringify(name)}: known are ${devices.join(', ')}`)
  return device
}
