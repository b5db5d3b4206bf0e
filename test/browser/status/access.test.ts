import axe, { type AxeResults } from 'axe-core'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPage, startBrowser, type WatchedPage } from '../browser.ts'
import { startDesk, token, type Desk } from './desk.ts'

let browser: Browser
let desk: Desk
beforeAll(async () => {
  browser = await startBrowser()
  desk = await startDesk()
  // Something of everything on the page.
  desk.app.engines.faults.set('gpu', 'no rows at all')
  for (let request = 0; request < 12; request++) await desk.ask()
})
afterAll(async () => {
  await browser.close()
  await desk.close()
})

const open = async (options: Parameters<typeof openPage>[2] = {}): Promise<WatchedPage> => {
  const watched = await openPage(browser, desk.adminUrl, options)
  await expect.poll(() => watched.page.locator('#sentence').innerText()).toContain('degraded')
  return watched
}

const violationsOf = async ({ page }: WatchedPage): Promise<string[]> => {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  it('axe finds no violation on the page', async () => {
    await using watched = await open({ colorScheme })
    expect(await violationsOf(watched)).toEqual([])
  })

  it('axe finds no violation in the dialog, nor when the gateway does not answer', async () => {
    await using watched = await open({ colorScheme })
    await watched.page.getByRole('button', { name: 'Drain: gpu', exact: true }).click()
    await watched.page.context().setOffline(true)
    await expect.poll(() => watched.page.locator('#silence').innerText()).toMatch(/^No answer/)
    expect(await violationsOf(watched)).toEqual([])
  })
})

describe('with a keyboard alone', () => {
  it('every control is reached in its order with a visible focus, and an action is done', async () => {
    await using watched = await open()
    const { page } = watched
    const names: string[] = []
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab')
      const focused = await page.evaluate(() => {
        const at = document.activeElement
        if (!at || at === document.body) return undefined
        return { name: at.getAttribute('aria-label') ?? at.textContent, outline: getComputedStyle(at).outlineStyle }
      })
      if (focused === undefined) break
      expect(focused.outline).not.toBe('none')
      names.push(focused.name ?? '')
    }
    expect(names.slice(0, 2)).toEqual(['Skip to the chains', 'Theme: system'])
    expect(names).toEqual(expect.arrayContaining(['Drain: gpu', 'Reset: cpu', 'Clear: the cache', 'Log level']))

    await page.getByRole('button', { name: 'Drain: gpu', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.type(token)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('#dialog-answer').innerText()).toBe('gpu gets no new requests.')
    await page.keyboard.press('Escape')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Drain: gpu')
  })

  it('a theme is chosen and remembered', async () => {
    await using watched = await open({ colorScheme: 'light' })
    const { page } = watched
    const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await background()
    await page.getByRole('button', { name: 'Theme: system' }).press('Enter')
    await page.getByRole('button', { name: 'Theme: light' }).press('Enter')
    expect(await background()).not.toBe(light)
    await page.reload()
    expect(await page.getByRole('button', { name: 'Theme: dark' }).isVisible()).toBe(true)
    expect(await background()).not.toBe(light)
  })
})

describe('charts', () => {
  it('have their numbers in words', async () => {
    await using watched = await open()
    const label = (): Promise<string | null> => watched.page.locator('.plot').first().getAttribute('aria-label')
    await expect.poll(label, { timeout: 10_000 }).toMatch(/^Requests per second, last 15 minutes\. all: now .*highest/)
  })
})
