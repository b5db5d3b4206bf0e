import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../support/gateway.ts'
import { openPage, startBrowser } from '../browser.ts'
import { startDeskFrom, type Desk } from './desk.ts'

const yaml = `
backends:
  cpu: { kind: onnx, device: cpu, model: all-MiniLM-L6-v2, workers: 1 }
  cached: { kind: cached }
models:
  all-MiniLM-L6-v2: { chain: [cpu, cached] }
`

let browser: Browser
let desk: Desk
beforeAll(async () => {
  browser = await startBrowser()
  desk = await startDeskFrom(yaml)
})
afterAll(async () => {
  await browser.close()
  await desk.close()
})

const workerPid = async (): Promise<number | undefined> => {
  const health = await desk.app.backends.health(AbortSignal.timeout(1_000))
  const facts = health.get('cpu')?.facts as { workers: readonly { pid?: number }[] } | undefined
  return facts?.workers[0]?.pid
}

describe('a worker process that is killed', () => {
  it('is on the page within 2 s, and so is what became of it', async () => {
    await using watched = await openPage(browser, desk.adminUrl)
    const tier = (): Promise<string> => watched.page.locator('.tier').first().innerText()
    await expect
      .poll(tier, { timeout: 10_000 })
      .toMatch(/Serving[\s\S]*1 of 1 workers[\s\S]*Parity\s+1\.0000, floor 0\.999/)
    const pid = await workerPid()
    expect(pid).toBeGreaterThan(0)
    process.kill(pid ?? 0, 'SIGKILL')
    await expect.poll(tier, { timeout: 2_000 }).toMatch(/Restarts\s+1/)
    await until(async () => (await desk.ask()) === 200)
    await expect.poll(() => watched.page.locator('#sentence').innerText()).toBe('Serving all-MiniLM-L6-v2.')
    expect(watched.errors).toEqual([])
  })
})
