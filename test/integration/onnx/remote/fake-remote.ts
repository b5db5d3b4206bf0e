import { onTestFinished } from 'vitest'
import { type ConnectOptions, connectWorker } from '../../../../backends/onnx/remote/connect.ts'
import { remoteWorker } from '../../../../backends/onnx/remote/remote-worker.ts'
import { noSuspects, type Suspects } from '../../../../backends/onnx/remote/suspects.ts'
import { parseWorkerUrl } from '../../../../backends/onnx/remote/worker-url.ts'
import type { Backend } from '../../../../gateway/core/backend.ts'
import { type Clock, systemClock } from '../../../../gateway/core/clock.ts'
import { noLog } from '../../../../gateway/core/log.ts'
import { type Space, spaceId } from '../../../../gateway/core/space.ts'
import { dims, fakeVector, maxTokens } from '../../../fixtures/fake-worker/vectors.mjs'
import { fakeModel } from './fake-model.ts'
import { workerOnTcp, type WorkerOnTcp } from './processes.ts'

const space: Space = { model: 'fake', revision: '1', dims, pooling: 'mean', normalized: true, maxTokens, prompts: {} }

/** A fake worker that serves the space of `fakeRemote`. */
export const fakeWorker = async (script: object = {}, port = 0): Promise<WorkerOnTcp> =>
  workerOnTcp({ program: 'fake', port, model: await fakeModel({ space: spaceId(space), ...script }) })

/** What connects to a fake worker. */
export const connectOptions = (url: string, clock: Clock = systemClock): ConnectOptions => {
  const references = { texts: ['a golden text'], vectors: fakeVector('a golden text'), dims }
  return { url: parseWorkerUrl(url), token: undefined, space, references, clock, random: Math.random }
}

/** A replica of a fake worker, closed with the test. Not started. */
export const fakeRemote = (
  url: string,
  { suspects = noSuspects(systemClock), clock = systemClock }: { suspects?: Suspects; clock?: Clock } = {},
): Pick<Backend, 'embed' | 'health' | 'start' | 'close'> => {
  const parts = connectOptions(url, clock)
  const remote = remoteWorker({
    backend: 'far',
    replica: 0,
    url,
    space,
    connect: (signal) => connectWorker(parts, signal),
    suspects,
    metrics: { stats: () => {}, ended: () => {} },
    inferenceMs: 5_000,
    clock,
    log: noLog,
  })
  onTestFinished(() => remote.close())
  return remote
}
