import { describe, expect, it } from 'vitest'
import { watchDesk } from './watched-desk.ts'

/** What an operator is promised. */
const within2s = { timeout: 2_000, interval: 50 }

const view = watchDesk('own')

const sentenceIs = (pattern: RegExp) => expect.poll(() => view.textOf('#sentence'), within2s).toMatch(pattern)

describe('the status page', () => {
  it('[O6] shows the chain in its order with the state of every tier, and says nothing in the console', async () => {
    const tiers = await view.page.locator('.tier').allInnerTexts()
    expect(tiers.map((text) => text.split('\n').slice(0, 3).join(' '))).toEqual([
      expect.stringMatching(/^gpu Serving answers/),
      expect.stringMatching(/^cpu Serving/),
      expect.stringMatching(/^cached Ready/),
    ])
    expect(await view.page.title()).toBe('Serving · Embedgate')
    await view.desk.ask()
    await expect.poll(() => view.textOf('#traffic'), within2s).toMatch(/0\.\d+ \/s/)
    expect(view.watched.errors).toEqual([])
  })

  it('works with no network but its own listener', () => {
    expect(view.watched.strangers).toEqual([])
  })

  it('shows within 2 s that a breaker was forced, and that it is closed again', async () => {
    view.desk.app.breakers.setMode('gpu', undefined, 'forced-open')
    await sentenceIs(/^Serving minilm, degraded: gpu shut off \d s ago \(forced open by an operator\), cpu answers\.$/)
    expect(await view.page.locator('.tier').first().innerText()).toContain('Shut off')
    expect(await view.textOf('#events')).toMatch(/gpu breaker closed → open forced/)
    view.desk.app.breakers.setMode('gpu', undefined, 'auto')
    await sentenceIs(/^Serving minilm\.$/)
    expect(view.watched.errors).toEqual([])
  })

  it('shows within 2 s that an engine fails: its breaker, its last error, and what fell where and why', async () => {
    view.desk.app.engines.faults.set('gpu', 'no rows at all')
    for (let request = 0; request < 6; request++) expect(await view.desk.ask()).toBe(200)
    await sentenceIs(/degraded: gpu shut off .*\(breaker: burst, last error invalid_rows\), cpu answers/)
    const gpu = await view.page.locator('.tier').first().innerText()
    expect(gpu).toMatch(/open, probe in \d+ s/)
    expect(gpu).toMatch(/Last error\s+invalid_rows/)
    expect(await view.textOf('#events')).toMatch(/minilm degraded, gpu → cpu/)
  })

  it('says that nothing computes any more', async () => {
    for (const name of ['gpu', 'cpu']) view.desk.app.breakers.setMode(name, undefined, 'forced-open')
    await sentenceIs(/^Not serving minilm: .*only stored results answer\.$/)
    expect(await view.page.title()).toBe('Down · Embedgate')
  })

  it('does not say that it serves while all answers are errors, although a tier can be called', async () => {
    for (const name of ['gpu', 'cpu']) {
      view.desk.app.engines.faults.set(name, 'no rows at all')
      view.desk.app.breakers.setMode(name, undefined, 'forced-closed')
    }
    await sentenceIs(/^Serving minilm\.$/)
    for (let request = 0; request < 6; request++) expect(await view.desk.ask()).toBeGreaterThanOrEqual(500)
    await sentenceIs(/^Not serving: all 6 answers of the last \d+ s were errors \(5xx\); minilm is degraded: gpu fails/)
    expect(await view.page.title()).toBe('Down · Embedgate')
    expect(await view.page.locator('.tier').first().innerText()).toContain('Failing')
  })

  it('shows text from data as text', async () => {
    await view.page.route('**/admin/status', async (route) => {
      const answer = await route.fetch()
      const body = (await answer.text()).replaceAll('minilm', '<img src=x onerror=alert(1)>')
      await route.fulfill({ response: answer, body })
    })
    await sentenceIs(/<img src=x/)
    expect(await view.page.locator('.model h3').innerText()).toBe('<img src=x onerror=alert(1)>')
    expect(await view.page.locator('img').count()).toBe(0)
  })

  it('announces a change of state, and not the time that passes', async () => {
    const announcements = await view.page.evaluateHandle(() => {
      const texts: string[] = []
      const live = document.querySelector('#announcement')
      new MutationObserver(() => texts.push(live?.textContent ?? '')).observe(live as Node, { childList: true })
      return texts
    })
    view.desk.app.breakers.setMode('gpu', undefined, 'forced-open')
    await sentenceIs(/shut off 3 s ago/).catch(() => sentenceIs(/shut off \d s ago/))
    await view.page.waitForTimeout(3_000)
    expect(await announcements.jsonValue()).toEqual([expect.stringMatching(/^Serving minilm, degraded/)])
  })

  it.each([1280, 768, 360])('needs no horizontal scrolling at %i px', async (width) => {
    await view.page.setViewportSize({ width, height: 800 })
    view.desk.app.breakers.setMode('gpu', undefined, 'forced-open')
    await sentenceIs(/shut off/)
    const [needed, given] = await view.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    expect(needed).toBeLessThanOrEqual(given ?? 0)
  })
})
