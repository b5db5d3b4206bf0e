import type { Browser, Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPage, startBrowser, type WatchedPage } from '../browser.ts'
import { startDesk, token, type Desk } from './desk.ts'

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
  await expect.poll(() => watched.page.locator('#sentence').innerText()).toBe('Serving minilm.')
})
afterEach(async () => {
  await watched[Symbol.asyncDispose]()
  await desk.close()
})

const button = (name: string): Locator => watched.page.getByRole('button', { name, exact: true })
const answer = (): Promise<string> => watched.page.locator('#dialog-answer').innerText()
const tokenField = (): Locator => watched.page.locator('#dialog-token')
const gpu = () => desk.app.breakers.list().find(({ backend }) => backend === 'gpu')

describe('actions', () => {
  it('need the token: without one, and with a wrong one, nothing is done and the page says so', async () => {
    await button('Force open: gpu').click()
    await button('Force the breaker of gpu open').click()
    expect(await answer()).toBe('The token is missing.')
    await tokenField().fill('wrong')
    await button('Force the breaker of gpu open').click()
    await expect.poll(answer).toMatch(/^Refused: .*\(EG_AUTH_INVALID\)$/)
    expect(gpu()?.mode).toBe('auto')
    expect(await watched.page.evaluate(() => sessionStorage.length)).toBe(0)
  })

  it('are done with it, say what they did, and ask for it once', async () => {
    await button('Force open: gpu').click()
    await tokenField().fill(token)
    await button('Force the breaker of gpu open').click()
    await expect.poll(answer).toBe('The breaker of gpu is open.')
    expect(gpu()?.state).toBe('open')
    await button('Close').click()
    await expect.poll(() => watched.page.locator('#sentence').innerText(), { timeout: 2_000 }).toContain('forced open')

    await button('Automatic: gpu').click()
    expect(await tokenField().isVisible()).toBe(false)
    await button('Let the rules decide for gpu').click()
    await expect.poll(answer).toBe('The breaker of gpu goes by its rules.')
    expect(gpu()?.state).toBe('closed')
    expect(watched.errors).toEqual([])
  })

  it('keep the token in the tab alone', async () => {
    await button('Clear: the cache').click()
    await tokenField().fill(token)
    await button('Clear the cache').click()
    await expect.poll(answer).toBe('The cache is empty.')
    const kept = await watched.page.evaluate(() => [
      JSON.stringify(localStorage),
      document.cookie,
      document.body.outerHTML,
    ])
    expect(kept.join(' ')).not.toContain(token)
  })

  it('drain a backend and bring it back', async () => {
    await button('Drain: gpu').click()
    await tokenField().fill(token)
    await button('Drain gpu').click()
    await expect.poll(answer).toBe('gpu gets no new requests.')
    await button('Close').click()
    await expect
      .poll(() => watched.page.locator('#sentence').innerText(), { timeout: 2_000 })
      .toMatch(/gpu drained by an operator \d s ago, cpu answers/)
    await button('Undrain: gpu').click()
    await button('Undrain gpu').click()
    await expect.poll(() => watched.page.locator('#sentence').innerText(), { timeout: 2_000 }).toBe('Serving minilm.')
  })

  it('warn before the last tier is taken away, and do it when told again', async () => {
    desk.app.breakers.setMode('cpu', undefined, 'forced-open')
    await button('Drain: gpu').click()
    await tokenField().fill(token)
    await button('Drain gpu').click()
    await expect.poll(answer).toContain('nothing else of the chain can compute now')
    expect(await desk.ask()).toBe(200)
    await button('Do it all the same').click()
    await expect.poll(answer).toBe('gpu gets no new requests.')
    expect(await desk.ask()).toBe(503)
  })

  it('change the log level, which is then an override in force', async () => {
    await watched.page.getByLabel('Log level', { exact: true }).selectOption('fatal')
    await button('Set: the log level').click()
    await tokenField().fill(token)
    await button('Log from fatal on').click()
    await expect.poll(answer).toBe('Lines from fatal on are logged.')
    expect(desk.app.log.level).toBe('fatal')
    await expect
      .poll(() => watched.page.locator('#overrides').innerText(), { timeout: 2_000 })
      .toMatch(/telemetry\.logLevel[\s\S]*"fatal"[\s\S]*In the file[\s\S]*"silent"/)
  })

  it('say so when the gateway does not answer', async () => {
    await button('Clear: the cache').click()
    await tokenField().fill(token)
    await watched.page.context().setOffline(true)
    await button('Clear the cache').click()
    await expect.poll(answer).toBe('No answer from the gateway. Whether it was done is not known.')
  })
})

describe('where reading needs the token too', () => {
  it('the page asks for it before it shows anything, and says when it is wrong', async () => {
    // As on a listener that other machines reach: this one is on loopback, so the route is told.
    await watched.page.route('**/admin/status', async (route) => {
      const isAllowed = route.request().headers()['authorization'] === `Bearer ${token}`
      const error = { message: 'this is not the admin token', code: 'EG_AUTH_INVALID' }
      await (isAllowed ? route.continue() : route.fulfill({ status: 401, json: { error } }))
    })
    await watched.page.reload()
    const why = (): Promise<string> => watched.page.locator('#silence').innerText()
    await expect.poll(why).toBe('This listener shows its state only to holders of the admin token.')
    await button('Give the admin token').click()
    await tokenField().fill('wrong')
    await button('Use it').click()
    await expect.poll(answer).toBe('Refused: this is not the admin token (EG_AUTH_INVALID)')
    expect(await watched.page.evaluate(() => sessionStorage.length)).toBe(0)
    await tokenField().fill(token)
    await button('Use it').click()
    await expect.poll(() => watched.page.locator('#sentence').innerText()).toBe('Serving minilm.')
  })
})
