import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchOptions } from '../browser.ts'
import { startDesk, token, type Desk } from './desk.ts'

let desk: Desk
let context: BrowserContext
let page: Page
const profile = mkdtempSync(join(tmpdir(), 'embedgate-profile-'))
beforeAll(async () => {
  desk = await startDesk()
  // "Block all cookies" of Chromium's settings, which blocks storage too.
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } }
  mkdirSync(join(profile, 'Default'))
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  context = await chromium.launchPersistentContext(profile, launchOptions)
  page = await context.newPage()
  await page.goto(desk.adminUrl)
})
afterAll(async () => {
  await context.close()
  await desk.close()
  rmSync(profile, { recursive: true, force: true })
})

describe('a browser that lets nothing be stored', () => {
  it('shows the page, switches its theme, and asks for the token once', async () => {
    await expect(page.evaluate(() => localStorage.length)).rejects.toThrow('Access is denied')
    await expect.poll(() => page.locator('#sentence').innerText()).toBe('Serving minilm.')
    await page.getByRole('button', { name: 'Theme: system' }).click()
    expect(await page.getByRole('button', { name: 'Theme: light' }).isVisible()).toBe(true)

    await page.getByRole('button', { name: 'Clear: the cache' }).click()
    await page.locator('#dialog-token').fill(token)
    await page.getByRole('button', { name: 'Clear the cache', exact: true }).click()
    await expect.poll(() => page.locator('#dialog-answer').innerText()).toBe('The cache is empty.')
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await page.getByRole('button', { name: 'Clear: the cache' }).click()
    expect(await page.locator('#dialog-token').isVisible()).toBe(false)
  })
})
