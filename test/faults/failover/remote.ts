import { openTcpProxy, type TcpProxy } from '../tcp-proxy.ts'
import type { FirstTier, Scenario } from './first-tier.ts'
import { engineUpstream, workerUpstream, type Upstream, type UpstreamProcess } from './upstream.ts'

/** An upstream behind a proxy, and the process that serves it now. */
interface Remote {
  readonly proxy: TcpProxy
  process: UpstreamProcess
  /** Ends it at once. */
  kill(): Promise<void>
  restart(): Promise<void>
}

type Break = Pick<FirstTier, 'lose'> & Required<Pick<FirstTier, 'mend'>>

/** Every way to lose a remote tier, and how it comes back. */
const breaks: Readonly<Record<string, (remote: Remote) => Break>> = {
  kill: (remote) => ({ lose: () => remote.kill(), mend: () => remote.restart() }),
  stop: (remote) => ({
    lose: () => remote.process.signal('SIGSTOP'),
    mend: () => remote.process.signal('SIGCONT'),
  }),
  reset: ({ proxy }) => ({ lose: () => proxy.set({ connections: 'reset' }), mend: () => proxy.set({}) }),
  blackhole: ({ proxy }) => ({ lose: () => proxy.set({ connections: 'blackhole' }), mend: () => proxy.set({}) }),
}

const remoteTier = async (open: () => Promise<Upstream>, breakOf: (remote: Remote) => Break): Promise<FirstTier> => {
  const upstream = await open()
  const process = await upstream.start()
  const proxy = await openTcpProxy({ host: '127.0.0.1', port: upstream.port })
  let callsBefore = 0
  const remote: Remote = {
    proxy,
    process,
    kill: async () => {
      callsBefore += remote.process.calls?.() ?? 0
      await remote.process.kill()
    },
    restart: async () => void (remote.process = await upstream.start()),
  }
  return {
    entry: upstream.entry(proxy.port),
    ...breakOf(remote),
    ...(upstream.logsCalls && { calls: () => callsBefore + (remote.process.calls?.() ?? 0) }),
    stop: async () => {
      await remote.process.kill()
      await proxy.close()
    },
  }
}

const upstreams = { worker: workerUpstream, engine: engineUpstream } as const

/** Remote workers and remote engines, lost in each of the ways. */
export const remotes: readonly Scenario[] = Object.entries(upstreams).flatMap(([upstream, open]) =>
  Object.entries(breaks).map(([fault, breakOf]) => ({
    name: `${upstream}-${fault}`,
    isQuick: fault === 'reset',
    start: () => remoteTier(open, breakOf),
  })),
)
