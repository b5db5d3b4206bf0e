import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPage, startBrowser, type WatchedPage } from '../browser.ts'
import { startDesk, type Desk } from './desk.ts'

/** What an operator is promised. */
const within2s = { timeout: 2_000, interval: 50 }

let browser: Browser
let desk: Desk
let watched: WatchedPage
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  desk = await startDesk()
  watched = await openPage(browser, desk.adminUrl)
  await sentenceIs(/^Serving minilm\.$/)
})
afterEach(async () => {
  await watched[Symbol.asyncDispose]()
  await desk.close()
})

const textOf = (selector: string): Promise<string> => watched.page.locator(selector).innerText()
const sentenceIs = (pattern: RegExp) => expect.poll(() => textOf('#sentence'), within2s).toMatch(pattern)

describe('the status page', () => {
  it('[O6] shows the chain in its order with the state of every tier, and says nothing in the console', async () => {
    const tiers = await watched.page.locator('.tier').allInnerTexts()
    expect(tiers.map((text) => text.split('\n').slice(0, 3).join(' '))).toEqual([
      expect.stringMatching(/^gpu Serving answers/),
      expect.stringMatching(/^cpu Serving/),
      expect.stringMatching(/^cached Ready/),
    ])
    expect(await watched.page.title()).toBe('Serving · Embedgate')
    await desk.ask()
    await expect.poll(() => textOf('#traffic'), within2s).toMatch(/0\.\d+ \/s/)
    expect(watched.errors).toEqual([])
  })

  it('works with no network but its own listener', () => {
    expect(watched.strangers).toEqual([])
  })

  it('shows within 2 s that a breaker was forced, and that it is closed again', async () => {
    desk.app.breakers.setMode('gpu', undefined, 'forced-open')
    await sentenceIs(/^Serving minilm, degraded: gpu shut off \d s ago \(forced open by an operator\), cpu answers\.$/)
    expect(await watched.page.locator('.tier').first().innerText()).toContain('Shut off')
    expect(await textOf('#events')).toMatch(/gpu breaker closed → open forced/)
    desk.app.breakers.setMode('gpu', undefined, 'auto')
    await sentenceIs(/^Serving minilm\.$/)
    expect(watched.errors).toEqual([])
  })

  it('shows within 2 s that an engine fails: its breaker, its last error, and what fell where and why', async () => {
    desk.app.engines.faults.set('gpu', 'no rows at all')
    for (let request = 0; request < 6; request++) expect(await desk.ask()).toBe(200)
    await sentenceIs(/degraded: gpu shut off .*\(breaker: burst, last error invalid_rows\), cpu answers/)
    const gpu = await watched.page.locator('.tier').first().innerText()
    expect(gpu).toMatch(/open, probe in \d+ s/)
    expect(gpu).toMatch(/Last error\s+invalid_rows/)
    expect(await textOf('#events')).toMatch(/minilm degraded, gpu → cpu/)
  })

  it('says that nothing computes any more', async () => {
    for (const name of ['gpu', 'cpu']) desk.app.breakers.setMode(name, undefined, 'forced-open')
    await sentenceIs(/^Not serving minilm: .*only stored results answer\.$/)
    expect(await watched.page.title()).toBe('Down · Embedgate')
  })

  it('does not say that it serves while all answers are errors, although a tier can be called', async () => {
    for (const name of ['gpu', 'cpu']) {
      desk.app.engines.faults.set(name, 'no rows at all')
      desk.app.breakers.setMode(name, undefined, 'forced-closed')
    }
    await sentenceIs(/^Serving minilm\.$/)
    for (let request = 0; request < 6; request++) expect(await desk.ask()).toBeGreaterThanOrEqual(500)
    await sentenceIs(/^Not serving: all 6 answers of the last \d+ s were errors \(5xx\); minilm is degraded: gpu fails/)
    expect(await watched.page.title()).toBe('Down · Embedgate')
    expect(await watched.page.locator('.tier').first().innerText()).toContain('Failing')
  })

  it('shows text from data as text', async () => {
    await watched.page.route('**/admin/status', async (route) => {
      const answer = await route.fetch()
      const body = (await answer.text()).replaceAll('minilm', '<img src=x onerror=alert(1)>')
      await route.fulfill({ response: answer, body })
    })
    await sentenceIs(/<img src=x/)
    expect(await watched.page.locator('.model h3').innerText()).toBe('<img src=x onerror=alert(1)>')
    expect(await watched.page.locator('img').count()).toBe(0)
  })

  it('announces a change of state, and not the time that passes', async () => {
    const announcements = await watched.page.evaluateHandle(() => {
      const texts: string[] = []
      const live = document.querySelector('#announcement')
      new MutationObserver(() => texts.push(live?.textContent ?? '')).observe(live as Node, { childList: true })
      return texts
    })
    desk.app.breakers.setMode('gpu', undefined, 'forced-open')
    await sentenceIs(/shut off 3 s ago/).catch(() => sentenceIs(/shut off \d s ago/))
    await watched.page.waitForTimeout(3_000)
    expect(await announcements.jsonValue()).toEqual([expect.stringMatching(/^Serving minilm, degraded/)])
  })

  it.each([1280, 768, 360])('needs no horizontal scrolling at %i px', async (width) => {
    await watched.page.setViewportSize({ width, height: 800 })
    desk.app.breakers.setMode('gpu', undefined, 'forced-open')
    await sentenceIs(/shut off/)
    const [needed, given] = await watched.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    expect(needed).toBeLessThanOrEqual(given ?? 0)
  })
})
