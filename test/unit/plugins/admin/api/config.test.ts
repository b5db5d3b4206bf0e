import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { adminGateway, change, temporaryFolder, token, twoTiers } from '../gateway.ts'

const sections = ['circuit-breaker', 'retry', 'batching', 'log']

describe('settings at run time', () => {
  it.each(sections)('[R6] of %s can be posted back as they were read', async (section) => {
    const app = await adminGateway()
    const url = `/admin/config/${section}`
    const before = (await app.admin.inject(url)).json()
    const { settings, changed } = (await change(app, 'POST', url, before)).json()
    expect([settings, changed]).toEqual([before, []])
  })

  it('[R6] reach living breakers, retries and the log, and are listed with who changed them', async () => {
    const app = await adminGateway(`${twoTiers}\ntelemetry: { logLevel: fatal }`)
    await change(app, 'POST', '/admin/config/log', { logLevel: 'silent' })
    await change(app, 'POST', '/admin/config/circuit-breaker', { burst: { successes: 1 } }, { 'x-request-id': 'req-7' })
    await change(app, 'POST', '/admin/config/retry', { budget: { minPerSecond: 0, ratio: 0 } })
    expect(app.retries.level().left).toBe(0)
    expect(app.log.level).toBe('silent')
    const { overrides } = (await app.admin.inject('/admin/config')).json()
    expect(overrides[1]).toMatchObject({
      key: 'breaker.burst.successes',
      value: 1,
      fileValue: 2,
      by: 'admin',
      from: '127.0.0.1',
      requestId: 'req-7',
    })
  })

  it('[P1] are kept across restarts, and DELETE returns them to the file', async () => {
    const dataDir = temporaryFolder()
    const first = await adminGateway(twoTiers, { dataDir })
    await change(first, 'POST', '/admin/config/retry', { retries: 1 })
    await first.close()
    const second = await adminGateway(twoTiers, { dataDir })
    expect((await second.admin.inject('/admin/config/retry')).json().retries).toBe(1)
    const { changed } = (await change(second, 'DELETE', '/admin/config/retry')).json()
    expect(changed).toEqual([{ key: 'retry.retries', before: 1, after: 3 }])
    expect(second.settings.overrides()).toEqual([])
  })

  it('give way to a file that has changed, for good', async () => {
    const dataDir = temporaryFolder()
    const first = await adminGateway(twoTiers, { dataDir })
    await change(first, 'POST', '/admin/config/retry', { retries: 1 })
    await first.close()
    const edited = await adminGateway(`${twoTiers}\nretry: { retries: 2 }`, { dataDir })
    expect(edited.settings.read('retry')).toMatchObject({ retries: 2 })
    await edited.close()
    const backAgain = await adminGateway(twoTiers, { dataDir })
    expect(backAgain.settings.read('retry')).toMatchObject({ retries: 3 })
  })

  it('come from the last good copy when their file is damaged', async () => {
    const dataDir = temporaryFolder()
    const first = await adminGateway(twoTiers, { dataDir })
    await change(first, 'POST', '/admin/config/retry', { retries: 1 })
    await first.close()
    writeFileSync(join(dataDir, 'overrides.json'), 'not JSON')
    const second = await adminGateway(twoTiers, { dataDir })
    expect(second.settings.read('retry')).toMatchObject({ retries: 1 })
  })

  it('are refused whole, with the key and the reason', async () => {
    const app = await adminGateway()
    const answer = await change(app, 'POST', '/admin/config/retry', { retries: 1, baseMs: 0 })
    expect([answer.statusCode, answer.json().error.code, answer.json().error.param]).toEqual([
      400,
      'EG_INPUT_INVALID',
      'retry.baseMs',
    ])
    expect(app.settings.overrides()).toEqual([])
  })

  it('are not changed when they cannot be saved', async () => {
    const folder = temporaryFolder()
    const dataDir = join(folder, 'file')
    writeFileSync(dataDir, 'a folder cannot be made here')
    const app = await adminGateway(twoTiers, { dataDir })
    const answer = await change(app, 'POST', '/admin/config/retry', { retries: 1 })
    expect([answer.statusCode, answer.json().error.code]).toEqual([507, 'EG_CONFIG_NOT_SAVED'])
    expect(app.settings.read('retry')).toMatchObject({ retries: 3 })
    expect(readFileSync(dataDir, 'utf8')).toContain('a folder')
  })

  it.each([
    ['broken JSON', '{"retries":', 400, 'EG_INPUT_INVALID'],
    ['nothing', '', 400, 'EG_INPUT_INVALID'],
    ['a poisoned prototype', '{"__proto__": {"retries": 1}}', 400, 'EG_INPUT_INVALID'],
    ['more than a change can be', `{"retries": "${'x'.repeat(70_000)}"}`, 413, 'EG_BODY_TOO_LARGE'],
  ])('are not changed by %s', async (_what, payload, status, code) => {
    const app = await adminGateway()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await app.admin.inject({ method: 'POST', url: '/admin/config/retry', headers, payload })
    expect([answer.statusCode, answer.json().error.code]).toEqual([status, code])
    expect(app.settings.overrides()).toEqual([])
  })

  it.each([
    ['POST', 'retry?key=retries', { retries: 1 }],
    ['DELETE', 'retry?key=retries', undefined],
    ['DELETE', 'retry', { key: 'retries' }],
  ] as const)('are not changed by %s %s %j, of which a part would be passed over', async (method, path, body) => {
    const app = await adminGateway()
    await change(app, 'POST', '/admin/config/retry', { retries: 2 })
    const answer = await change(app, method, `/admin/config/${path}`, body)
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'EG_INPUT_INVALID'])
    expect(app.settings.read('retry')).toMatchObject({ retries: 2 })
  })

  it('of a section that there is not are 404, and other methods 405', async () => {
    const app = await adminGateway()
    expect((await change(app, 'POST', '/admin/config/server', {})).statusCode).toBe(404)
    const put = await change(app, 'PUT', '/admin/config/retry', {})
    expect([put.statusCode, put.headers.allow]).toEqual([405, 'GET, HEAD, POST, DELETE'])
  })

  it('say in a pod that they hold for it alone', async () => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.0.0.1')
    const app = await adminGateway().finally(() => vi.unstubAllEnvs())
    const { note } = (await change(app, 'POST', '/admin/config/retry', { retries: 1 })).json()
    expect(note).toContain('this pod alone')
  })
})
