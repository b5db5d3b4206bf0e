import type { Browser, Locator, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { withResolvers } from '../../../gateway/core/with-resolvers.ts'
import { openPage, startBrowser, type WatchedPage } from '../browser.ts'
import { startDesk, token, type Desk } from './desk.ts'

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
  await expect.poll(() => watched.page.locator('#sentence').innerText()).toBe('Serving minilm.')
})
afterEach(() => watched[Symbol.asyncDispose]())

const button = (name: string): Locator => watched.page.getByRole('button', { name, exact: true })
const answer = (): Promise<string> => watched.page.locator('#dialog-answer').innerText()
const giveToken = (value = token): Promise<void> => watched.page.locator('#dialog-token').fill(value)
const keptTokens = (): Promise<number> => watched.page.evaluate(() => sessionStorage.length)

/** Holds the answers of an action back until the test lets them go. */
const holdBack = async (path: string): Promise<(status: number, json: object) => Promise<void>> => {
  const { promise, resolve } = withResolvers<Route>()
  await watched.page.route(path, (route) => resolve(route))
  return async (status, json) => {
    const answered = watched.page.waitForResponse((response) => response.status() === status)
    await (await promise).fulfill({ status, json })
    await answered
    // What the page does of it is done by then.
    await watched.page.waitForTimeout(200)
  }
}

describe('an answer that comes after its dialog was closed', () => {
  it('is not told as the answer of the next action', async () => {
    const letGo = await holdBack('**/admin/backends/gpu/drain')
    await button('Drain: gpu').click()
    await giveToken()
    await button('Drain gpu').click()
    await button('Close').click()
    await button('Clear: the cache').click()
    await letGo(200, {})
    expect(await answer()).toBe('')
    expect(await button('Clear the cache').isEnabled()).toBe(true)
  })

  it('does not make the next action one that is forced', async () => {
    const letGo = await holdBack('**/admin/circuit-breaker/cpu')
    await button('Force open: cpu').click()
    await giveToken()
    await button('Force the breaker of cpu open').click()
    await watched.page.keyboard.press('Escape')
    await button('Drain: cpu').click()
    await letGo(409, { error: { message: 'nothing else can compute minilm now', code: 'EG_LAST_TIER' } })
    expect(await button('Do it all the same').count()).toBe(0)
    expect(await button('Drain cpu').isEnabled()).toBe(true)
    expect(await answer()).toBe('')
  })
})

describe('a token', () => {
  it('that no header can hold is refused before it is sent, and hurts nobody', async () => {
    await button('Clear: the cache').click()
    for (const value of ['pasted\u2026', 'two words', '\u201cquoted\u201d']) {
      await giveToken(value)
      await button('Clear the cache').click()
      expect(await answer()).toMatch(/^This cannot be the token/)
    }
    expect(await keptTokens()).toBe(0)
    await button('Cancel').click()
    await watched.page.waitForTimeout(1_500)
    expect(await watched.page.locator('#silence').isVisible()).toBe(false)
  })

  it.each([401, 403, 429])('is not kept when the answer is %i', async (status) => {
    await watched.page.route('**/admin/cache', (route) =>
      route.fulfill({ status, json: { error: { message: 'no', code: 'EG_NO' } } }),
    )
    await button('Clear: the cache').click()
    await giveToken()
    await button('Clear the cache').click()
    await expect.poll(answer).toBe('Refused: no (EG_NO)')
    expect(await keptTokens()).toBe(0)
  })

  it('is kept without the blanks that were pasted with it', async () => {
    await button('Clear: the cache').click()
    await giveToken(` ${token} `)
    await button('Clear the cache').click()
    await expect.poll(answer).toBe('The cache is empty.')
    expect(await watched.page.evaluate(() => Object.values(sessionStorage))).toEqual([token])
  })
})
