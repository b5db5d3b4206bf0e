import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { openPage, startBrowser } from './browser.ts'

const config = `
backends: { cpu: { kind: synthetic } }
models: { all-MiniLM-L6-v2: { chain: [cpu] } }
`
let gateway: TestGateway
let adminUrl: string
let browser: Browser
beforeAll(async () => {
  gateway = await startGateway(config)
  adminUrl = await gateway.app.admin.listen({ host: '127.0.0.1', port: 0 })
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
  await gateway.close()
})

describe('the pages of the API documents', () => {
  it('send a request that is tried there, and show its answer', async () => {
    await using opened = await openPage(browser, `${gateway.url}/docs`)
    const { page, errors, strangers } = opened
    const operation = page.locator('#operations-embeddings-createEmbeddings')
    await operation.locator('.opblock-summary-control').click()
    await operation.locator('.execute').click()
    const answer = operation.locator('.live-responses-table .response')
    await answer.waitFor()
    expect(await answer.locator('.response-col_status').innerText()).toContain('200')
    expect(await answer.innerText()).toContain('x-embedgate-backend: cpu')
    expect([errors, strangers]).toEqual([[], []])
  })

  it('show the admin API on its own listener, under the same strict policy', async () => {
    await using opened = await openPage(browser, `${adminUrl}/docs`)
    const { page, errors, strangers } = opened
    await page.locator('#operations-changing-drainBackend').waitFor()
    expect(await page.locator('.opblock').count()).toBeGreaterThan(10)
    expect([errors, strangers]).toEqual([[], []])
  })
})
