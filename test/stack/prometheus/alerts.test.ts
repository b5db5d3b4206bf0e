import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { marked } from '../../../monitoring/dashboards/draw/annotations.ts'
import { dashboards } from '../../../monitoring/dashboards/index.ts'
import { ask, keepAsking, type Requests } from '../../../monitoring/stack/keep-asking.ts'
import type { Notice } from '../../../monitoring/stack/receiver.ts'
import { ruleFiles } from '../../../monitoring/stack/rules.ts'
import { configurations, startPatient } from './gateways.ts'
import { startScene, type Scene } from './scene.ts'
import { runbookQueries } from './guide.ts'
import { publicMetrics } from './public-metrics.ts'
import { killChildren } from './processes.ts'
import { flood } from './flood.ts'

let scene: Scene<keyof typeof configurations>
let patients: typeof scene.patients
beforeAll(async () => {
  scene = await startScene(configurations)
  patients = scene.patients
})
afterAll(() => scene.close())

type Labels = Readonly<Record<string, string>>

/** Waits for alerts that a fault makes fire, ends the fault, and waits until they are resolved. */
const firesWhile = async (
  names: readonly string[],
  labels: Labels,
  fault: () => Promise<unknown>,
  heal: () => Promise<unknown>,
): Promise<readonly Notice[]> => {
  const all = (status: Notice['status']): Promise<readonly Notice[]> =>
    Promise.all(names.map((alertname) => scene.inbox.until(status, { alertname, ...labels })))
  let isHealed = false
  try {
    const firing = all('firing')
    await fault()
    const notices = await firing
    const resolved = all('resolved')
    isHealed = true
    await heal()
    await resolved
    return notices
  } finally {
    if (!isHealed) await heal()
  }
}

describe('alerts, by real faults, to a webhook and back [O5]', () => {
  it.concurrent('of the workers', async () => {
    const { url, instance, child } = patients.full
    const model = 'all-MiniLM-L6-v2'
    const usual = keepAsking(url, model, 3, (count) => `text ${count % 20} ${count % 2 === 0 ? '' : count}`)
    await ask(url, model, [Array.from({ length: 400 }, () => 'words').join(' ')])
    const paragraph = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')
    let bulk: Requests | undefined
    const [queue] = await firesWhile(
      ['QueueSaturation'],
      { instance, backend: 'cpu' },
      async () => {
        bulk = flood(
          url,
          model,
          6,
          Array.from({ length: 64 }, (_, index) => `${index} ${paragraph}`),
        )
      },
      async () => bulk?.stop(),
    )
    expect(queue?.annotations['summary']).toMatch(new RegExp(`^texts wait .*s for cpu on ${instance} \\(p95\\)$`))

    const kills = new AbortController()
    const kill = async (): Promise<void> => {
      while (!kills.signal.aborted) {
        killChildren(child.pid)
        await sleep(3_000, undefined, { signal: kills.signal }).catch(() => undefined)
      }
    }
    let killing: Promise<void> | undefined
    const [restarts] = await firesWhile(
      ['WorkerRestarts'],
      { instance, backend: 'cpu' },
      async () => void (killing = kill()),
      async () => {
        kills.abort()
        await killing
      },
    )
    expect(restarts?.annotations['summary']).toMatch(/started again \d+ times/)
    await usual.stop()
  })

  it.concurrent('of the tiers', async () => {
    const { url, instance, fault } = patients.tiers
    const usual = keepAsking(url, 'faulty', 8, (count) => `text ${count}`)
    const [degraded, open] = await firesWhile(
      ['DegradedServing', 'CircuitBreakerOpen'],
      { instance },
      () => fault('gpu', 'error'),
      () => fault('gpu'),
    )
    expect(degraded?.labels).toMatchObject({ model: 'faulty', from: 'gpu', to: 'cpu' })
    expect(open?.labels).toMatchObject({ backend: 'gpu', replica: '0' })

    const lost = { instance, backend: 'cpu' }
    await firesWhile(
      ['BackendLost'],
      lost,
      () => fault('cpu', 'down'),
      () => fault('cpu'),
    )

    const [[drift]] = await Promise.all([
      firesWhile(
        ['ParityDrift'],
        { instance, backend: 'gpu' },
        () => fault('gpu', 'wrong'),
        () => fault('gpu'),
      ),
      firesWhile(
        ['CanariesStopped'],
        { instance, backend: 'cpu' },
        () => fault('cpu', 'goldens'),
        () => fault('cpu'),
      ),
    ])
    expect(drift?.annotations['summary']).toMatch(/cosine 0\.\d{4} to the reference$/)

    await firesWhile(
      ['NoHealthyTier'],
      { instance, model: 'faulty' },
      () => Promise.all([fault('gpu', 'down'), fault('cpu', 'down')]),
      () => Promise.all([fault('gpu'), fault('cpu')]),
    )
    await usual.stop()
  })

  it.concurrent('of the objectives, and of the retry budget', async () => {
    const { url } = patients.last
    const job = { job: 'objectives' }
    const good = keepAsking(url, 'faulty', 3, (count) => `fine text ${count}`)
    let bad: Requests | undefined
    const begin = (kind: 'fail' | 'slow', perSecond: number) => async (): Promise<void> =>
      void (bad = keepAsking(url, 'faulty', perSecond, (count) => `${kind} text ${count}`))
    const end = async (): Promise<void> => bad?.stop()
    const [failing] = await firesWhile(['AvailabilityBurnFast', 'RetryBudgetExhausted'], job, begin('fail', 12), end)
    expect(failing?.annotations['summary']).toMatch(/^objectives: \d+(\.\d+)?% of embedding requests fail$/)
    const [slow] = await firesWhile(['LatencyBurnFast'], job, begin('slow', 10), end)
    expect(slow?.annotations['summary']).toMatch(/^objectives: \d+(\.\d+)?% of answers take longer than a second$/)

    const seldom = (count: number): string =>
      `${count % 300 === 299 ? 'fail' : count % 30 === 0 ? 'slow' : 'fine'} once ${count}`
    await firesWhile(
      ['AvailabilityBurnSlow', 'LatencyBurnSlow'],
      job,
      async () => void (bad = keepAsking(url, 'faulty', 40, seldom)),
      end,
    )
    await good.stop()
  })

  it.concurrent('of one process', async () => {
    const { url, instance, plague } = patients.frail
    const usual = keepAsking(url, 'faulty', 2, (count) => `text ${count}`)
    const internal = firesWhile(
      ['InternalErrors'],
      { instance },
      () => fetch(`${url}/throws`),
      () => Promise.resolve(),
    )
    await firesWhile(
      ['EventLoopBlocked'],
      { instance },
      () => plague('block', { ms: 300 }),
      () => plague('block', { ms: 0 }),
    )
    await internal
    const [memory] = await firesWhile(
      ['HighMemoryUsage'],
      { instance },
      () => plague('hold', { bytes: 550_000_000 }),
      () => plague('hold', { bytes: 0 }),
    )
    expect(memory?.annotations['summary']).toMatch(/ uses [89]\d(\.\d+)?% of its memory$/)
    let crowd: Requests | undefined
    const [shed] = await firesWhile(
      ['ShedRequests'],
      { instance, reason: 'requests_in_flight' },
      async () => void (crowd = keepAsking(url, 'faulty', 20, (count) => `slow text ${count}`)),
      async () => crowd?.stop(),
    )
    expect(shed?.labels['stage']).toBe('edge')
    await usual.stop()

    const { port } = new URL(url)
    await firesWhile(
      ['GatewayDown'],
      { instance },
      async () => patients.frail.child.kill('SIGKILL'),
      async () => {
        await patients.frail.stop()
        patients.frail = await startPatient(configurations.frail, Number(port))
      },
    )
  })

  it('are all of them', () => {
    const alerts = [...ruleFiles().values()].flatMap(({ groups }) =>
      groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? [])),
    )
    const seen = (status: Notice['status']): readonly (string | undefined)[] => [
      ...new Set(
        scene.inbox.notices.filter((notice) => notice.status === status).map(({ labels }) => labels['alertname']),
      ),
    ]
    expect(alerts.filter((alert) => !seen('firing').includes(alert))).toEqual([])
    expect(alerts.filter((alert) => !seen('resolved').includes(alert))).toEqual([])
  })

  it('came with every text filled in', () => {
    const texts = scene.inbox.notices.flatMap(({ annotations }) => Object.values(annotations))
    expect(texts.filter((text) => /no value|<error|\{\{|%!/.test(text))).toEqual([])
  })
})

describe('what Prometheus has after all this', () => {
  const asked = (expr: string): string =>
    expr.replaceAll(/=~"\$(instance|model|backend)"/g, '=~".*"').replaceAll('$__rate_interval', '10s')
  const panels = dashboards.flatMap(({ uid, rows }) =>
    rows.flatMap(({ panels: each }) =>
      each.flatMap(({ title, queries: all }) => all.map(({ expr }) => [`${uid}: ${title}`, expr])),
    ),
  )

  it.each(panels)('has data for the panel %s: %s', async (_name, expr = '') => {
    expect(await scene.prometheus.valuesOf(asked(expr), scene.startedAtMs)).toBeGreaterThan(0)
  })

  it.each(runbookQueries())('has data for what the runbook %s asks: %s', async (_page, query) => {
    const everywhere = query.replaceAll('instance="$INSTANCE"', 'instance=~".*"').replaceAll('[5m]', '[10s]')
    expect(await scene.prometheus.valuesOf(everywhere, scene.startedAtMs)).toBeGreaterThan(0)
  })

  it.each(marked)('has seen the events $name', async ({ expr }) => {
    expect(await scene.prometheus.valuesOf(asked(expr), scene.startedAtMs)).toBeGreaterThan(0)
  })

  const records = [...ruleFiles().values()].flatMap(({ groups }) =>
    groups.flatMap(({ rules }) => rules.flatMap(({ record }) => record ?? [])),
  )
  it.each(records)('has recorded %s', async (record) => {
    expect(await scene.prometheus.valuesOf(record, scene.startedAtMs)).toBeGreaterThan(0)
  })

  it('knows every public metric but those of devices and stores that are not here [O1]', async () => {
    const known = new Set(await scene.prometheus.names())
    const missing = publicMetrics.filter(
      (name) => !known.has(`embedgate_${name}`) && !known.has(`embedgate_${name}_count`),
    )
    expect(missing).toEqual([])
  })

  it('finds no fault with the names, types and texts of ours', async () => {
    for (const { url } of Object.values(patients)) {
      const text = await (await fetch(`${url}/metrics`)).text()
      expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('')
    }
  })
})
