import type { Route } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { withResolvers } from '../../../gateway/core/with-resolvers.ts'
import { token } from './desk.ts'
import { watchDesk } from './watched-desk.ts'

const view = watchDesk('shared')

const answer = (): Promise<string> => view.textOf('#dialog-answer')
const giveToken = (value = token): Promise<void> => view.page.locator('#dialog-token').fill(value)
const keptTokens = (): Promise<number> => view.page.evaluate(() => sessionStorage.length)

/** Holds the answers of an action back until the test lets them go. */
const holdBack = async (path: string): Promise<(status: number, json: object) => Promise<void>> => {
  const { promise, resolve } = withResolvers<Route>()
  await view.page.route(path, (route) => resolve(route))
  return async (status, json) => {
    const answered = view.page.waitForResponse((response) => response.status() === status)
    await (await promise).fulfill({ status, json })
    await answered
    // What the page does of it is done by then.
    await view.page.waitForTimeout(200)
  }
}

describe('an answer that comes after its dialog was closed', () => {
  it('is not told as the answer of the next action', async () => {
    const letGo = await holdBack('**/admin/backends/gpu/drain')
    await view.button('Drain: gpu').click()
    await giveToken()
    await view.button('Drain gpu').click()
    await view.button('Close').click()
    await view.button('Clear: the cache').click()
    await letGo(200, {})
    expect(await answer()).toBe('')
    expect(await view.button('Clear the cache').isEnabled()).toBe(true)
  })

  it('does not make the next action one that is forced', async () => {
    const letGo = await holdBack('**/admin/circuit-breaker/cpu')
    await view.button('Force open: cpu').click()
    await giveToken()
    await view.button('Force the breaker of cpu open').click()
    await view.page.keyboard.press('Escape')
    await view.button('Drain: cpu').click()
    await letGo(409, { error: { message: 'nothing else can compute minilm now', code: 'EG_LAST_TIER' } })
    expect(await view.button('Do it all the same').count()).toBe(0)
    expect(await view.button('Drain cpu').isEnabled()).toBe(true)
    expect(await answer()).toBe('')
  })
})

describe('a token', () => {
  it('that no header can hold is refused before it is sent, and hurts nobody', async () => {
    await view.button('Clear: the cache').click()
    for (const value of ['pasted\u2026', 'two words', '\u201cquoted\u201d']) {
      await giveToken(value)
      await view.button('Clear the cache').click()
      expect(await answer()).toMatch(/^This cannot be the token/)
    }
    expect(await keptTokens()).toBe(0)
    await view.button('Cancel').click()
    await view.page.waitForTimeout(1_500)
    expect(await view.page.locator('#silence').isVisible()).toBe(false)
  })

  it.each([401, 403, 429])('is not kept when the answer is %i', async (status) => {
    await view.page.route('**/admin/cache', (route) =>
      route.fulfill({ status, json: { error: { message: 'no', code: 'EG_NO' } } }),
    )
    await view.button('Clear: the cache').click()
    await giveToken()
    await view.button('Clear the cache').click()
    await expect.poll(answer).toBe('Refused: no (EG_NO)')
    expect(await keptTokens()).toBe(0)
  })

  it('is kept without the blanks that were pasted with it', async () => {
    await view.button('Clear: the cache').click()
    await giveToken(` ${token} `)
    await view.button('Clear the cache').click()
    await expect.poll(answer).toBe('The cache is empty.')
    expect(await view.page.evaluate(() => Object.values(sessionStorage))).toEqual([token])
  })
})
