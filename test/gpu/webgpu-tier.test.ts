import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock, type Clock } from '../../gateway/core/clock.ts'
import { post, startGateway, until, untilReady, type TestGateway } from '../support/gateway.ts'
import { expectGolden, goldens } from '../support/golden.ts'

const driver = process.env['VK_ICD_FILENAMES'] ?? ''
const folder = mkdtempSync(join(tmpdir(), 'embedgate-driver-'))
/** A driver of our own that can be taken away: the device is then gone for every process that starts. */
const installed = join(folder, 'icd.json')
const uninstalled = join(folder, 'icd.gone')

/** A minute until the next look at an absent device is 2 s here; no other limit is a minute. */
const hasty: Clock = {
  ...systemClock,
  after: (delayMs, run) => systemClock.after(delayMs === 60_000 ? 2_000 : delayMs, run),
}

// A software device takes seconds for a text on a busy machine; its share of the deadline must not end before.
const config = (device: string): string => `
server: { requestTimeoutMs: 60000 }
timeouts: { modelLoadMs: 120000 }
backends:
  gpu: { kind: onnx, device: ${device}, model: all-MiniLM-L6-v2, optional: true }
  cpu: { kind: onnx, device: cpu, model: all-MiniLM-L6-v2, workers: 1 }
  cached: { kind: cached }
models:
  all-MiniLM-L6-v2: { chain: [gpu, cpu, cached] }
`

const gpuOf = ({ app }: TestGateway) => app.models.list()[0]?.tiers()[0]?.replicas[0]

const embed = async ({ url }: TestGateway, row: number) => {
  const answer = await post(
    `${url}/v1/embeddings`,
    { model: 'all-MiniLM-L6-v2', input: goldens[row]?.text },
    { 'cache-control': 'no-store' },
  )
  return {
    status: answer.status,
    vector: answer.body.data?.[0].embedding as number[],
    backend: answer.headers.get('x-embedgate-backend'),
    degraded: answer.headers.get('x-embedgate-degraded'),
  }
}

/** The process that runs the gpu tier, as the health page names it. */
const gpuPidOf = async ({ url }: TestGateway): Promise<number> => {
  const health = JSON.stringify(await (await fetch(`${url}/health`)).json())
  return Number(health.match(/"pid":(\d+),"device":"webgpu"/)?.[1])
}

beforeAll(() => {
  const { ICD, ...rest } = JSON.parse(readFileSync(driver, 'utf8'))
  const library_path = resolve(dirname(driver), ICD.library_path)
  writeFileSync(installed, JSON.stringify({ ...rest, ICD: { ...ICD, library_path } }))
  process.env['VK_ICD_FILENAMES'] = installed
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('[S4] the gpu tier on a WebGPU device', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startGateway(config('webgpu'), { clock: hasty })
    await until(() => gpuOf(gateway)?.state === 'serving', 200_000)
  })
  afterAll(() => gateway.close())

  it('answers with the reference vectors and is not degraded', async () => {
    for (const row of [0, 4, 9]) {
      const { vector, backend, degraded } = await embed(gateway, row)
      expect([backend, degraded]).toEqual(['gpu', 'false'])
      expectGolden(vector, goldens[row]?.vector ?? [])
    }
    expect(gpuOf(gateway)?.parity).toBeGreaterThan(0.99999)
  })

  it('is replaced by the cpu tier when the device is lost mid-run, and serves again when it is back', async () => {
    const gpuPid = await gpuPidOf(gateway)
    const running = Array.from({ length: 6 }, (_, row) => embed(gateway, row))
    await sleep(300)
    renameSync(installed, uninstalled)
    process.kill(gpuPid, 'SIGKILL')

    const answers = await Promise.all(running)
    answers.forEach(({ status, vector }, row) => {
      expect(status).toBe(200)
      expectGolden(vector, goldens[row]?.vector ?? [])
    })

    await until(() => gpuOf(gateway)?.state !== 'serving', 60_000)
    const without = await embed(gateway, 1)
    expect(without.backend).toBe('cpu')
    expectGolden(without.vector, goldens[1]?.vector ?? [])

    renameSync(uninstalled, installed)
    await until(() => gpuOf(gateway)?.state === 'serving', 120_000)
    const again = await embed(gateway, 2)
    expect([again.status, again.backend, again.degraded]).toEqual([200, 'gpu', 'false'])
    expectGolden(again.vector, goldens[2]?.vector ?? [])
  })
})

describe('[S4] device: gpu with a software adapter', () => {
  it('is refused with the reason in health, and the cpu serves without being called degraded', async () => {
    expect(existsSync(installed)).toBe(true)
    await using gateway = await startGateway(config('gpu'), { clock: hasty })
    await untilReady(gateway.url)
    await until(() => gpuOf(gateway)?.state === 'absent', 120_000)
    expect(gpuOf(gateway)?.detail).toMatch(/slower|software/)
    const { vector, backend, degraded } = await embed(gateway, 3)
    expect([backend, degraded]).toEqual(['cpu', 'false'])
    expectGolden(vector, goldens[3]?.vector ?? [])
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200)
  })
})
