import type { Locator } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { token } from './desk.ts'
import { watchDesk } from './watched-desk.ts'

const view = watchDesk('own')

const answer = (): Promise<string> => view.textOf('#dialog-answer')
const tokenField = (): Locator => view.page.locator('#dialog-token')
const gpu = () => view.desk.app.breakers.list().find(({ backend }) => backend === 'gpu')

describe('actions', () => {
  it('need the token: without one, and with a wrong one, nothing is done and the page says so', async () => {
    await view.button('Force open: gpu').click()
    await view.button('Force the breaker of gpu open').click()
    expect(await answer()).toBe('The token is missing.')
    await tokenField().fill('wrong')
    await view.button('Force the breaker of gpu open').click()
    await expect.poll(answer).toMatch(/^Refused: .*\(EG_AUTH_INVALID\)$/)
    expect(gpu()?.mode).toBe('auto')
    expect(await view.page.evaluate(() => sessionStorage.length)).toBe(0)
  })

  it('are done with it, say what they did, and ask for it once', async () => {
    await view.button('Force open: gpu').click()
    await tokenField().fill(token)
    await view.button('Force the breaker of gpu open').click()
    await expect.poll(answer).toBe('The breaker of gpu is open.')
    expect(gpu()?.state).toBe('open')
    await view.button('Close').click()
    await expect.poll(() => view.textOf('#sentence'), { timeout: 2_000 }).toContain('forced open')

    await view.button('Automatic: gpu').click()
    expect(await tokenField().isVisible()).toBe(false)
    await view.button('Let the rules decide for gpu').click()
    await expect.poll(answer).toBe('The breaker of gpu goes by its rules.')
    expect(gpu()?.state).toBe('closed')
    expect(view.watched.errors).toEqual([])
  })

  it('keep the token in the tab alone', async () => {
    await view.button('Clear: the cache').click()
    await tokenField().fill(token)
    await view.button('Clear the cache').click()
    await expect.poll(answer).toBe('The cache is empty.')
    const kept = await view.page.evaluate(() => [
      JSON.stringify(localStorage),
      document.cookie,
      document.body.outerHTML,
    ])
    expect(kept.join(' ')).not.toContain(token)
  })

  it('drain a backend and bring it back', async () => {
    await view.button('Drain: gpu').click()
    await tokenField().fill(token)
    await view.button('Drain gpu').click()
    await expect.poll(answer).toBe('gpu gets no new requests.')
    await view.button('Close').click()
    await expect
      .poll(() => view.textOf('#sentence'), { timeout: 2_000 })
      .toMatch(/gpu drained by an operator \d s ago, cpu answers/)
    await view.button('Undrain: gpu').click()
    await view.button('Undrain gpu').click()
    await expect.poll(() => view.textOf('#sentence'), { timeout: 2_000 }).toBe('Serving minilm.')
  })

  it('warn before the last tier is taken away, and do it when told again', async () => {
    view.desk.app.breakers.setMode('cpu', undefined, 'forced-open')
    await view.button('Drain: gpu').click()
    await tokenField().fill(token)
    await view.button('Drain gpu').click()
    await expect.poll(answer).toContain('nothing else of the chain can compute now')
    expect(await view.desk.ask()).toBe(200)
    await view.button('Do it all the same').click()
    await expect.poll(answer).toBe('gpu gets no new requests.')
    expect(await view.desk.ask()).toBe(503)
  })

  it('change the log level, which is then an override in force', async () => {
    await view.page.getByLabel('Log level', { exact: true }).selectOption('fatal')
    await view.button('Set: the log level').click()
    await tokenField().fill(token)
    await view.button('Log from fatal on').click()
    await expect.poll(answer).toBe('Lines from fatal on are logged.')
    expect(view.desk.app.log.level).toBe('fatal')
    await expect
      .poll(() => view.textOf('#overrides'), { timeout: 2_000 })
      .toMatch(/telemetry\.logLevel[\s\S]*"fatal"[\s\S]*In the file[\s\S]*"silent"/)
  })

  it('say so when the gateway does not answer', async () => {
    await view.button('Clear: the cache').click()
    await tokenField().fill(token)
    await view.page.context().setOffline(true)
    await view.button('Clear the cache').click()
    await expect.poll(answer).toBe('No answer from the gateway. Whether it was done is not known.')
  })
})

describe('where reading needs the token too', () => {
  it('the page asks for it before it shows anything, and says when it is wrong', async () => {
    // As on a listener that other machines reach: this one is on loopback, so the route is told.
    await view.page.route('**/admin/status', async (route) => {
      const isAllowed = route.request().headers()['authorization'] === `Bearer ${token}`
      const error = { message: 'this is not the admin token', code: 'EG_AUTH_INVALID' }
      await (isAllowed ? route.continue() : route.fulfill({ status: 401, json: { error } }))
    })
    await view.page.reload()
    const why = (): Promise<string> => view.textOf('#silence')
    await expect.poll(why).toBe('This listener shows its state only to holders of the admin token.')
    await view.button('Give the admin token').click()
    await tokenField().fill('wrong')
    await view.button('Use it').click()
    await expect.poll(answer).toBe('Refused: this is not the admin token (EG_AUTH_INVALID)')
    expect(await view.page.evaluate(() => sessionStorage.length)).toBe(0)
    await tokenField().fill(token)
    await view.button('Use it').click()
    await expect.poll(() => view.textOf('#sentence')).toBe('Serving minilm.')
  })
})
