import type { Locator } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { StatusReport } from '../../../plugins/status/status-report.ts'
import { watchDesk } from './watched-desk.ts'

const soon = { timeout: 3_000 }

const view = watchDesk('shared')

/** From now on the page gets reports in which something is different. */
const change = (edit: (report: StatusReport) => void): Promise<unknown> =>
  view.page.route('**/admin/status', async (route) => {
    const answer = await route.fetch()
    const report: StatusReport = await answer.json()
    edit(report)
    await route.fulfill({ response: answer, json: report })
  })

describe('a gateway that was started again with another configuration', () => {
  it('has the rows of its own backends, above those of the cache and the log', async () => {
    await change(({ models }) => {
      for (const tier of models.flatMap(({ chain }) => chain)) if (tier.name === 'gpu') tier.name = 'tpu'
    })
    const rows = (): Promise<string[]> => view.page.locator('.acts h3').allInnerTexts()
    await expect.poll(rows, soon).toEqual(['tpu serving', 'cpu serving', 'Result cache', 'Log level'])
    await view.page.getByRole('button', { name: 'Drain: tpu', exact: true }).click()
    expect(await view.textOf('#dialog-title')).toBe('Drain tpu')
  })

  it('has the levels of its own cache', async () => {
    await change(({ cache }) => {
      for (const tier of cache) tier.tier = 'sqlite'
    })
    const levels = (): Promise<string[]> => view.page.locator('#levels strong').allInnerTexts()
    await expect.poll(levels, soon).toEqual(['Memory', 'Cache: sqlite'])
  })
})

describe('the log level', () => {
  const select = (): Locator => view.page.getByLabel('Log level', { exact: true })
  const level = (): Promise<string> => select().inputValue()

  it('is that of the gateway, whoever sets it', async () => {
    expect(await level()).toBe('silent')
    await change(({ gateway }) => {
      gateway.logLevel = 'debug'
    })
    await expect.poll(level, soon).toBe('debug')
  })

  it('that an operator chooses stays while the operator is about to set it, and no longer', async () => {
    await select().selectOption('trace')
    await select().focus()
    await view.page.keyboard.press('Tab')
    await view.page.waitForTimeout(2_500)
    expect(await level()).toBe('trace')
    await view.page.getByRole('button', { name: 'Theme: system' }).focus()
    await expect.poll(level, soon).toBe('silent')
  })
})

describe('charts', () => {
  it('do not call an old number what is now, when nothing is measured now', async () => {
    await change(({ series }) => {
      series.timesMs = [1, 2, 3].map((ago) => Date.now() - ago * 5_000)
      series.p50Ms = [10, 62.6, null]
      series.p95Ms = [null, null, null]
    })
    const words = (): Promise<string | null> => view.page.locator('.plot').nth(1).getAttribute('aria-label')
    await expect
      .poll(words, soon)
      .toContain('p50: now nothing measured, lowest 10 ms, highest 62.6 ms. p95: nothing measured. p99')
  })
})

describe('a backend that is drained', () => {
  it('is shown as such whatever else keeps it from serving', async () => {
    await change(({ models, nowMs }) => {
      for (const tier of models.flatMap(({ chain }) => chain)) {
        if (tier.name !== 'gpu') continue
        tier.condition = 'absent'
        tier.drainedSinceMs = nowMs - 61_000
      }
    })
    const card = (): Promise<string> => view.page.locator('.tier').first().innerText()
    await expect.poll(card, soon).toMatch(/Absent[\s\S]*; drained by an operator 1 min ago/)
    expect(await view.page.locator('.acts h3').first().innerText()).toBe('gpu absent, drained')
  })
})
