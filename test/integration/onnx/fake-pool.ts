import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { type Supervisor, createSupervisor } from '../../../backends/onnx/supervisor/supervisor.ts'
import type { WorkerFacts } from '../../../backends/onnx/supervisor/health.ts'
import { type Priority, type AbortableCall, openCall } from '../../../gateway/core/call.ts'
import { systemClock } from '../../../gateway/core/clock.ts'
import { deadlineIn } from '../../../gateway/core/deadline.ts'
import type { EmbedBatch, Embeddings } from '../../../gateway/core/embeddings.ts'
import { type Log, noLog } from '../../../gateway/core/log.ts'
import { type Meter, noMeter } from '../../../gateway/core/meter.ts'
import { type Space, spaceId } from '../../../gateway/core/space.ts'
import { dims, fakeVector, maxTokens } from '../../fixtures/fake-worker/vectors.mjs'

const program = fileURLToPath(new URL('../../fixtures/fake-worker/main.mjs', import.meta.url))

/** What the fake worker reads from its model folder. */
export interface FakeScript {
  readonly start?: 'ok' | 'absent' | 'model' | 'exit' | 'never' | 'wrong'
  /** Id of the space that it says its model files are of; the pool's by default. */
  readonly space?: string
  readonly loadMs?: number
  readonly msPerToken?: number
  readonly batchTokens?: number
  readonly maxQueued?: number
}

/** A supervisor over fake workers, real processes. */
export interface FakePool {
  readonly supervisor: Supervisor
  /** Folder for files of the test. */
  readonly folder: string
  /** Changes how workers behave that start from now on. */
  rescript(script: FakeScript): Promise<void>
  workers(): Promise<readonly WorkerFacts[]>
  /** Resolves when `count` workers are up. */
  up(count: number): Promise<readonly WorkerFacts[]>
}

const space: Space = {
  model: 'fake',
  revision: '1',
  dims,
  pooling: 'mean',
  normalized: true,
  maxTokens,
  prompts: {},
}

/** A supervisor of fake workers that is closed at the end of the test. Not started. */
export const fakePool = async (
  workers: number,
  script: FakeScript = {},
  overrides: { log?: Log; meter?: Meter; modelLoadMs?: number; inferenceMs?: number } = {},
): Promise<FakePool> => {
  const folder = await mkdtemp(join(tmpdir(), 'fake-model-'))
  const rescript = (next: FakeScript): Promise<void> =>
    writeFile(join(folder, 'fake.json'), JSON.stringify({ space: spaceId(space), ...next }))
  await rescript(script)
  const supervisor = createSupervisor({
    backend: 'cpu',
    program: () => program,
    modelFolder: folder,
    device: 'cpu',
    optional: false,
    workers,
    space,
    references: { texts: ['a golden text'], vectors: fakeVector('a golden text'), dims },
    inferenceMs: 5_000,
    modelLoadMs: 10_000,
    clock: systemClock,
    log: noLog,
    meter: noMeter,
    ...overrides,
  })
  onTestFinished(async () => {
    await supervisor.close()
    await rm(folder, { recursive: true, force: true })
  })
  const facts = async (): Promise<readonly WorkerFacts[]> => {
    const health = await supervisor.health(AbortSignal.timeout(1_000))
    return health.facts?.['workers'] as readonly WorkerFacts[]
  }
  const up = async (count: number): Promise<readonly WorkerFacts[]> => {
    for (;;) {
      const living = (await facts()).filter((worker) => worker.state === 'up')
      if (living.length >= count) return living
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return { supervisor, folder, rescript, workers: facts, up }
}

let requests = 0

/** A call of its own with a deadline of 20 s. */
export const testCall = (priority: Priority = 'interactive', deadlineMs = 20_000): AbortableCall =>
  openCall(
    systemClock,
    { requestId: `test-${(requests += 1)}`, tenant: 'test', cache: 'default' },
    priority,
    deadlineIn(systemClock, deadlineMs),
  )

/** A batch of texts, truncating. */
export const batchOf = (texts: readonly string[], truncate = true): EmbedBatch => ({
  texts,
  truncate,
  space: 'fake',
  minParity: 0,
})

/** Embeds texts in a call of their own. */
export const embed = async (
  pool: FakePool,
  texts: readonly string[],
  priority: Priority = 'interactive',
): Promise<Embeddings> => {
  const call = testCall(priority)
  try {
    return await pool.supervisor.embed(batchOf(texts), call)
  } finally {
    call.release()
  }
}

/** Rows that are not exactly what the fake worker gives for their text. */
export const wrongRows = (texts: readonly string[], answer: Embeddings): readonly number[] => {
  const rowOf = (row: number): Float32Array => answer.vectors.subarray(row * dims, (row + 1) * dims)
  return [...texts.keys()].filter(
    (row) =>
      !Buffer.from(rowOf(row).buffer, rowOf(row).byteOffset, dims * 4).equals(
        Buffer.from(fakeVector(texts[row] ?? '').buffer),
      ),
  )
}
