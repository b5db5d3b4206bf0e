import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPage, startBrowser, type WatchedPage } from '../browser.ts'
import { startDesk, type Desk } from './desk.ts'

let browser: Browser
let desk: Desk
let watched: WatchedPage
beforeAll(async () => {
  browser = await startBrowser()
  desk = await startDesk()
})
afterAll(async () => {
  await browser.close()
  await desk.close()
})
beforeEach(async () => {
  watched = await openPage(browser, desk.adminUrl)
  await expect.poll(sentence).toBe('Serving minilm.')
})
afterEach(() => watched[Symbol.asyncDispose]())

const sentence = (): Promise<string> => watched.page.locator('#sentence').innerText()
const silence = (): Promise<string> => watched.page.locator('#silence').innerText()

/** Counts questions, and how many wait at once. */
const countQuestions = () => {
  const counts = { asked: 0, waiting: 0, mostWaiting: 0 }
  const isQuestion = (url: string): boolean => url.endsWith('/admin/status')
  watched.page.on('request', (request) => {
    if (!isQuestion(request.url())) return
    counts.asked++
    counts.mostWaiting = Math.max(counts.mostWaiting, ++counts.waiting)
  })
  const end = (request: { url(): string }): void => void (isQuestion(request.url()) && counts.waiting--)
  watched.page.on('requestfinished', end)
  watched.page.on('requestfailed', end)
  return counts
}

describe('a gateway that does not answer', () => {
  it('is told with the time of its last answer, and the page recovers by itself', async () => {
    await watched.page.context().setOffline(true)
    await expect.poll(silence, { timeout: 2_000 }).toMatch(/^No answer since \d\d:\d\d:\d\d\./)
    expect(await watched.page.title()).toBe('No answer · Embedgate')
    expect(await sentence()).toBe('Serving minilm.')
    await watched.page.context().setOffline(false)
    await expect.poll(() => watched.page.locator('#silence').isVisible(), { timeout: 2_000 }).toBe(false)
    expect(await watched.page.title()).toBe('Serving · Embedgate')
  })

  it('is asked one question at a time, however long it takes', async () => {
    const counts = countQuestions()
    await watched.page.route('**/admin/status', () => new Promise(() => {}))
    await expect.poll(silence, { timeout: 6_000 }).toMatch(/^No answer since/)
    await watched.page.waitForTimeout(4_000)
    expect(counts.mostWaiting).toBe(1)
    expect(counts.asked).toBeLessThanOrEqual(4)
  })
})

describe('a page that nobody sees', () => {
  const hide = (isHidden: boolean): Promise<void> =>
    watched.page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
      document.dispatchEvent(new Event('visibilitychange'))
    }, isHidden)

  it('asks nothing, and asks at once when it is seen again', async () => {
    await hide(true)
    const counts = countQuestions()
    await watched.page.waitForTimeout(3_000)
    expect(counts.asked).toBe(0)
    await hide(false)
    await expect.poll(() => counts.asked, { timeout: 500 }).toBe(1)
    expect(await watched.page.locator('#silence').isVisible()).toBe(false)
  })
})
