import { describe, expect, it } from 'vitest'
import { watchDesk } from './watched-desk.ts'

const view = watchDesk('shared')

const sentence = (): Promise<string> => view.textOf('#sentence')
const silence = (): Promise<string> => view.textOf('#silence')

/** Counts questions, and how many wait at once. */
const countQuestions = () => {
  const counts = { asked: 0, waiting: 0, mostWaiting: 0 }
  const isQuestion = (url: string): boolean => url.endsWith('/admin/status')
  view.page.on('request', (request) => {
    if (!isQuestion(request.url())) return
    counts.asked++
    counts.mostWaiting = Math.max(counts.mostWaiting, ++counts.waiting)
  })
  const end = (request: { url(): string }): void => void (isQuestion(request.url()) && counts.waiting--)
  view.page.on('requestfinished', end)
  view.page.on('requestfailed', end)
  return counts
}

describe('a gateway that does not answer', () => {
  it('is told with the time of its last answer, and the page recovers by itself', async () => {
    await view.page.context().setOffline(true)
    await expect.poll(silence, { timeout: 2_000 }).toMatch(/^No answer since \d\d:\d\d:\d\d\./)
    expect(await view.page.title()).toBe('No answer · Embedgate')
    expect(await sentence()).toBe('Serving minilm.')
    await view.page.context().setOffline(false)
    await expect.poll(() => view.page.locator('#silence').isVisible(), { timeout: 2_000 }).toBe(false)
    expect(await view.page.title()).toBe('Serving · Embedgate')
  })

  it('is asked one question at a time, however long it takes', async () => {
    const counts = countQuestions()
    await view.page.route('**/admin/status', () => new Promise(() => {}))
    await expect.poll(silence, { timeout: 6_000 }).toMatch(/^No answer since/)
    await view.page.waitForTimeout(4_000)
    expect(counts.mostWaiting).toBe(1)
    expect(counts.asked).toBeLessThanOrEqual(4)
  })
})

describe('an answer that is no report', () => {
  const answerWith = (status: number, body: string): Promise<unknown> =>
    view.page.route('**/admin/status', (route) => route.fulfill({ status, body }))
  const stopping = JSON.stringify({ error: { message: 'the gateway stops', code: 'EG_SHUTTING_DOWN' } })

  it.each([
    [
      503,
      stopping,
      /^No state since [\d:]+: the gateway stops \(EG_SHUTTING_DOWN\)\. What stands below is from then\.$/,
    ],
    [403, '{}', /^No state since [\d:]+: status 403\./],
    [500, 'oops', /^No state since [\d:]+: status 500\./],
    [200, '<p>another server</p>', /: what answers is no gateway of the version of this page; reload it\./],
    [200, '{"version":2}', /: what answers is no gateway of the version of this page; reload it\./],
    [200, '{"version":1}', /: the page cannot show the answer \(.+\); reload it\./],
  ])('of %i %s is told for what it is, and the page recovers', async (status, body, words) => {
    await answerWith(status, body)
    await expect.poll(silence, { timeout: 3_000 }).toMatch(words)
    expect(await view.page.title()).toBe('No state · Embedgate')
    expect(await view.page.locator('#read-token').isVisible()).toBe(false)
    await view.page.waitForTimeout(1_500)
    await view.page.unroute('**/admin/status')
    await expect.poll(() => view.page.locator('#silence').isVisible(), { timeout: 2_000 }).toBe(false)
    expect(view.watched.errors.filter((error) => !error.startsWith('Failed to load resource'))).toEqual([])
  })
})

describe('a page that nobody sees', () => {
  const hide = (isHidden: boolean): Promise<void> =>
    view.page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
      document.dispatchEvent(new Event('visibilitychange'))
    }, isHidden)

  it('asks nothing, and asks at once when it is seen again', async () => {
    await hide(true)
    const counts = countQuestions()
    await view.page.waitForTimeout(3_000)
    expect(counts.asked).toBe(0)
    await hide(false)
    await expect.poll(() => counts.asked, { timeout: 500 }).toBe(1)
    expect(await view.page.locator('#silence').isVisible()).toBe(false)
  })
})
