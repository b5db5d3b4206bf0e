import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { openPage, startBrowser, type WatchedPage } from '../browser.ts'
import { startDesk, type Desk } from './desk.ts'

/** The status page of the running test, and the gateway that it is of. */
export interface WatchedDesk {
  readonly desk: Desk
  readonly watched: WatchedPage
  readonly page: Page
  /** A button by its whole name. */
  button(name: string): Locator
  /** What is to be read in the first element that a selector finds. */
  textOf(selector: string): Promise<string>
}

/**
 * Opens the status page before each test of a file, when everything serves, and closes it after it.
 *
 * @param desks `shared`: all tests have one gateway, and must leave it as it was; `own`: each has a new one
 */
export const watchDesk = (desks: 'shared' | 'own'): WatchedDesk => {
  let browser: Browser
  let desk: Desk
  let watched: WatchedPage
  const textOf = (selector: string): Promise<string> => watched.page.locator(selector).innerText()
  const [before, after] = desks === 'shared' ? [beforeAll, afterAll] : [beforeEach, afterEach]
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser.close())
  before(async () => {
    desk = await startDesk()
  })
  after(() => desk.close())
  beforeEach(async () => {
    watched = await openPage(browser, desk.adminUrl)
    await expect.poll(() => textOf('#sentence')).toBe('Serving minilm.')
  })
  // Hooks run in the order of a stack: the page is closed before its gateway.
  afterEach(() => watched[Symbol.asyncDispose]())
  return {
    get desk() {
      return desk
    },
    get watched() {
      return watched
    },
    get page() {
      return watched.page
    },
    button: (name) => watched.page.getByRole('button', { name, exact: true }),
    textOf,
  }
}
