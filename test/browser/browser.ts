import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

/** A page that is watched: what it should not have said or asked for is kept. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page
  /** Errors of the console, exceptions, refused resources. */
  readonly errors: string[]
  /** Origins other than its own that were asked for anything. */
  readonly strangers: string[]
}

/** Which Chromium, and how. As root it runs without its sandbox, as it must in most containers. */
export const launchOptions = {
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
}

/** Starts Chromium. */
export const startBrowser = (): Promise<Browser> => chromium.launch(launchOptions)

/** Opens `url` in a context of its own, in which nothing but its own origin can be reached. */
export const openPage = async (
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...options })
  const page = await context.newPage()
  const errors: string[] = []
  const strangers: string[] = []
  const { origin } = new URL(url)
  await context.route(
    (asked) => asked.origin !== origin,
    (route) => {
      strangers.push(route.request().url())
      return route.abort()
    },
  )
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url)
  return { page, errors, strangers, [Symbol.asyncDispose]: () => context.close() }
}
