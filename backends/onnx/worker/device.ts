import { availableParallelism } from 'node:os'
import { GatewayError } from '../../../gateway/core/errors.ts'
import type { Provider } from './profiles.ts'
import type { Session } from './session.ts'
import type { RivalSpeed } from './speed-watch.ts'
import { type Shape, timeShape } from './session/warm-up.ts'

/** What a worker can be told to run on. `gpu`: whichever graphics processor there is, if it is worth it. */
export const devices = ['cpu', 'gpu', 'cuda', 'webgpu'] as const
/** One of `devices`. */
export type Device = (typeof devices)[number]

/** The device that was asked for is not on this machine, or is not worth using. The message says why. */
export class DeviceAbsent extends Error {
  override readonly name = 'DeviceAbsent'
}

/** Loads the model on a provider. Rejects when the provider is missing. */
export type OpenSession = (provider: Provider) => Promise<Session>

/** A device with the model on it. */
export interface OpenedDevice {
  readonly session: Session
  /** What it was faster than, smallest batches first; undefined for a device that was asked for by name. */
  readonly rivals?: readonly RivalSpeed[]
}

/** Graphics providers for `device: gpu`, best first. */
const graphicsProviders = ['cuda', 'webgpu'] as const

/**
 * Opens a device. A provider by name is used as told; `gpu` tries CUDA, then WebGPU, and takes the first that
 * is faster than this machine's cores.
 *
 * @param now monotonic milliseconds
 * @param cores of this machine, each of which could run a cpu worker instead
 * @throws DeviceAbsent when there is no such device, with what the runtime said
 * @throws GatewayError `EG_MODEL_CORRUPT` from `open`
 */
export const openDevice = async (
  device: Device,
  open: OpenSession,
  now: () => number,
  cores: number = availableParallelism(),
): Promise<OpenedDevice> => {
  if (device === 'cpu') return { session: await open('cpu') }
  const providers = device === 'gpu' ? graphicsProviders : [device]
  const reasons: string[] = []
  for (const provider of providers) {
    const session = await openOrSay(provider, open)
    if (typeof session === 'string') {
      reasons.push(`${provider}: ${session}`)
      continue
    }
    if (device !== 'gpu') return { session }
    const race = await raceProcessor(session, open, now, cores)
    if (typeof race !== 'string') return { session, rivals: race }
    await session.close()
    reasons.push(`${provider}: ${race}`)
  }
  throw new DeviceAbsent(`no ${device} device: ${reasons.join('; ')}`)
}

const openOrSay = async (provider: Provider, open: OpenSession): Promise<Session | string> => {
  try {
    return await open(provider)
  } catch (error) {
    if (error instanceof GatewayError) throw error
    return firstLine(error)
  }
}

/** Runtimes write pages; the first line says what is missing, behind the place in their source where they noticed. */
const firstLine = (error: unknown): string => {
  const line = String(error).split('\n')[0] ?? ''
  return line
    .replace(/^Error: /, '')
    .replace(/^\S+\.cc:\d+ .* was false\. /, '')
    .slice(0, 300)
}

/**
 * What a graphics device must show, one stage after the other. No interface tells a software adapter from a real one, so
 * speed is the test. First one short text against one core, which also is all that a software adapter can be asked for: it
 * takes seconds. A device that loses there would make every small request slower than without it. Then a small batch
 * against one core, and a large one against all cores together, which is what the cpu tier would use.
 *
 * `reference` is the shape that the core is timed on. For the large batch it is the small one: a core takes seconds for
 * the large one, and no less a token.
 */
const stages = [
  { rows: 1, length: 16, reference: { rows: 1, length: 16 }, coreShare: 1, rival: 'one core' },
  { rows: 4, length: 32, reference: { rows: 4, length: 32 }, coreShare: 1, rival: 'one core' },
  {
    rows: 64,
    length: 64,
    reference: { rows: 4, length: 32 },
    coreShare: Number.POSITIVE_INFINITY,
    rival: 'all cores',
  },
] as const

/** Timed runs of the device: each may take seconds on a software adapter. */
const deviceRuns = 2
/** Timed runs of the core: other processes share it, and a disturbed reference would let a slow device in. */
const coreRuns = 5

/** What the processor took in each stage, or why a graphics device is not worth using. */
const raceProcessor = async (
  session: Session,
  open: OpenSession,
  now: () => number,
  cores: number,
): Promise<readonly RivalSpeed[] | string> => {
  const cpu = await open('cpu')
  const rivals: RivalSpeed[] = []
  try {
    for (const { rows, length, reference, coreShare, rival } of stages) {
      const rivalRate = Math.min(coreShare, cores) / (await fastest(cpu, reference, coreRuns, now))
      const rate = 1 / (await fastest(session, { rows, length }, deviceRuns, now))
      if (rate < rivalRate)
        return `${perSecond(rate)} tokens/s at ${rows} x ${length}, slower than ${rival} (${perSecond(rivalRate)})`
      rivals.push({ tokens: rows * length, msPerToken: 1 / rivalRate })
    }
    return rivals
  } catch (error) {
    return firstLine(error)
  } finally {
    await cpu.close()
  }
}

/** Milliseconds a token: the best of some runs, after one that compiles and allocates. */
const fastest = async (session: Session, shape: Shape, runs: number, now: () => number): Promise<number> => {
  await timeShape(session, shape, now)
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run++) best = Math.min(best, await timeShape(session, shape, now))
  return best
}

const perSecond = (tokensPerMs: number): number => Math.round(1_000 * tokensPerMs)
