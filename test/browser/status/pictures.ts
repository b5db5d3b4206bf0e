import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeReferences } from '../../../gateway/chain/references-file.ts'
import { syntheticVector } from '../../../backends/synthetic/vector.ts'
import { until } from '../../support/gateway.ts'
import { openPage, startBrowser } from '../browser.ts'
import { startDeskFrom, type Desk } from './desk.ts'
import { fastForward } from './fast-forward.ts'

/** The pictures of the status page in the docs: 15 minutes of load on synthetic engines, in less than one. */
const folder = resolve(import.meta.dirname, '../../../docs/images')
const minuteMs = 60_000
const shownMs = 15 * minuteMs
const speed = 20
const dims = 384

const fails = (atMs: number | undefined): string =>
  atMs === undefined ? '' : `, faults: [{ fault: down, afterMs: ${atMs} }]`

const configuration = (references: string, gpuFailsAtMs?: number, cpuFailsAtMs?: number): string => `
backends:
  gpu: { kind: synthetic, dims: ${dims}, latencyMs: 120, jitterMs: 60, maxConcurrency: 1000${fails(gpuFailsAtMs)} }
  cpu: { kind: synthetic, dims: ${dims}, latencyMs: 400, jitterMs: 200, maxConcurrency: 1000${fails(cpuFailsAtMs)} }
  cached: { kind: cached }
models:
  all-MiniLM-L6-v2: { chain: [gpu, cpu, cached], references: ${JSON.stringify(references)} }
`

const states = [
  { name: 'healthy', sentence: /^Serving all-MiniLM-L6-v2\.$/, faults: [] },
  { name: 'degraded', sentence: /degraded: gpu lost \d min ago/, faults: [shownMs - 4 * minuteMs] },
  { name: 'down', sentence: /^Not serving/, faults: [shownMs - 4 * minuteMs, shownMs - minuteMs] },
] as const

let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
  mkdirSync(folder, { recursive: true })
})
afterAll(() => browser.close())

/** Callers who come and go, and ask some things again, until the clock has caught up. */
const load = async (desk: Desk): Promise<void> => {
  let asked = 0
  const waiting = new Set<Promise<unknown>>()
  while (desk.app.clock.wallNow() < Date.now() - 1_000) {
    const tide = 3 + 1.5 * Math.sin(asked / 400)
    for (let caller = 0; caller < tide * Math.random() * 2; caller++) {
      const one: Promise<unknown> = desk
        .ask(Math.random() < 0.4 ? `known ${asked % 20}` : `new ${asked}`)
        .finally(() => waiting.delete(one))
      waiting.add(one)
      asked++
    }
    await new Promise((done) => setTimeout(done, 20))
  }
  await Promise.all(waiting)
}

describe('the pictures of the docs', () => {
  it.each(states)('$name', async ({ name, sentence, faults }) => {
    const references = join(mkdtempSync(join(tmpdir(), 'embedgate-pictures-')), 'references.json')
    const texts = ['golden 0', 'golden 1', 'golden 2']
    const vectors = Float32Array.from(texts.flatMap((text) => [...syntheticVector(text, dims)]))
    await writeReferences(references, { texts, dims, vectors })
    await using desk = await startDeskFrom(configuration(references, ...faults), { clock: fastForward(shownMs, speed) })
    await until(() => desk.app.backends.replicas().every(({ state }) => state === 'serving'))
    await load(desk)
    for (const colorScheme of ['light', 'dark'] as const) {
      await using watched = await openPage(browser, desk.adminUrl, {
        colorScheme,
        viewport: { width: 1100, height: 800 },
      })
      await expect.poll(() => watched.page.locator('#sentence').innerText()).toMatch(sentence)
      await watched.page.waitForTimeout(1_500)
      await watched.page.screenshot({ path: join(folder, `status-${name}-${colorScheme}.png`), fullPage: true })
    }
  })
})
