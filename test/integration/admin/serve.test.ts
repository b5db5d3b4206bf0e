import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { post, until, untilReady, type Answer } from '../../support/gateway.ts'
import { embedgate, folderWith, start, type Running } from '../cli/program.ts'

const yaml = `
server: { port: 0, shutdownDelayMs: 100 }
admin: { port: 0 }
backends: { fake: { kind: synthetic, dims: 8, latencyMs: 1500 } }
models: { toy: { chain: [fake] } }
`
const listening = /listens on (http:\/\/127\.0\.0\.1:\d+) after [\d.]+ s, admin on (http:\/\/127\.0\.0\.1:\d+);/

const urlsOf = async (running: Running): Promise<{ readonly url: string; readonly adminUrl: string }> => {
  const [, url = '', adminUrl = ''] = await running.line(listening)
  return { url, adminUrl }
}
const tokenIn = (folder: string): string => readFileSync(join(folder, '.embedgate/admin-token'), 'utf8').trim()
const change = (adminUrl: string, folder: string, path: string, body: object): Promise<Answer> =>
  post(adminUrl + path, body, { authorization: `Bearer ${tokenIn(folder)}` })
const stop = async (running: Running): Promise<string> => {
  running.child.kill('SIGTERM')
  const { code, out } = await running.ended
  expect(code).toBe(0)
  return out
}

describe('the admin listener of embedgate serve', { timeout: 60_000 }, () => {
  it('says where it is, makes a token for this user alone, logs each change with who, and never the token', async () => {
    const folder = folderWith({ 'embedgate.yaml': yaml })
    await using running = start(['serve'], folder)
    const { adminUrl } = await urlsOf(running)
    expect(statSync(join(folder, '.embedgate/admin-token')).mode & 0o777).toBe(0o600)
    expect((await change(adminUrl, folder, '/admin/config/log', { logLevel: 'error' })).status).toBe(200)
    expect((await change(adminUrl, folder, '/admin/config/retry', { retries: 0 })).status).toBe(200)
    const out = await stop(running)
    const lines = out.split('\n').filter((line) => line.includes('an operator has changed something'))
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        action: 'change settings',
        before: { 'telemetry.logLevel': 'info' },
        after: { 'telemetry.logLevel': 'error' },
        by: 'admin',
        remote_address: '127.0.0.1',
        request_id: expect.stringMatching(/^req_/),
      }),
      expect.objectContaining({ before: { 'retry.retries': 3 }, after: { 'retry.retries': 0 } }),
    ])
    expect(out).not.toContain(tokenIn(folder))
  })

  it('logs what was refused or forced, and the change that silences the log, and then nothing', async () => {
    const folder = folderWith({ 'embedgate.yaml': yaml })
    await using running = start(['serve'], folder)
    const { url, adminUrl } = await urlsOf(running)
    await untilReady(url)
    expect((await change(adminUrl, folder, '/admin/backends/fake/drain', {})).status).toBe(409)
    expect((await change(adminUrl, folder, '/admin/backends/fake/drain?force=true', {})).status).toBe(200)
    await change(adminUrl, folder, '/admin/config/log', { logLevel: 'silent' })
    await change(adminUrl, folder, '/admin/config/retry', { retries: 0 })
    await change(adminUrl, folder, '/admin/config/log', { logLevel: 'info' })
    const lines = (await stop(running)).split('\n').filter((line) => line.includes('"msg":"an operator'))
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ action: 'drain', target: 'fake', refused: 'EG_LAST_TIER', by: 'admin' }),
      expect.objectContaining({ action: 'drain', target: 'fake', after: 'drained', force: true }),
      expect.objectContaining({ after: { 'telemetry.logLevel': 'silent' }, by: 'admin' }),
      expect.objectContaining({ after: { 'telemetry.logLevel': 'info' } }),
    ])
  })

  it('[P1] keeps what was changed, and its token, across restarts; check and the log list it', async () => {
    const folder = folderWith({ 'embedgate.yaml': yaml })
    {
      await using running = start(['serve'], folder)
      const { adminUrl } = await urlsOf(running)
      await change(adminUrl, folder, '/admin/config/circuit-breaker', { burst: { failures: 3 } })
      await stop(running)
    }
    const token = tokenIn(folder)
    await using again = start(['serve'], folder)
    const { adminUrl } = await urlsOf(again)
    const settings = (await (await fetch(`${adminUrl}/admin/config/circuit-breaker`)).json()) as { burst: object }
    expect(settings.burst).toMatchObject({ failures: 3 })
    expect(tokenIn(folder)).toBe(token)
    const told = 'breaker.burst.failures is 3 instead of 5, set by admin from 127.0.0.1'
    expect((await embedgate(['check'], folder)).out).toContain(`note  override: ${told}`)
    expect(await stop(again)).toContain(told)
  })

  it('starts with the last good settings when their file is damaged, and says so', async () => {
    const folder = folderWith({ 'embedgate.yaml': yaml })
    {
      await using running = start(['serve'], folder)
      await change((await urlsOf(running)).adminUrl, folder, '/admin/config/retry', { retries: 1 })
      await stop(running)
    }
    writeFileSync(join(folder, '.embedgate/overrides.json'), '{"overrides":')
    await using again = start(['serve'], folder)
    const settings = await (await fetch(`${(await urlsOf(again)).adminUrl}/admin/config/retry`)).json()
    expect(settings).toMatchObject({ retries: 1 })
    expect(await stop(again)).toContain('overrides.json is not used: ')
  })

  it('is readable while requests in flight finish, and closes after them', async () => {
    const folder = folderWith({ 'embedgate.yaml': yaml })
    await using running = start(['serve'], folder)
    const { url, adminUrl } = await urlsOf(running)
    await untilReady(url)
    const inFlight = post(`${url}/v1/embeddings`, { model: 'toy', input: 'slow' })
    await until(async () => (await (await fetch(`${adminUrl}/metrics`)).text()).includes('/v1/embeddings"} 1'))
    running.child.kill('SIGTERM')
    await until(async () =>
      fetch(`${url}/health/live`).then(
        () => false,
        () => true,
      ),
    )
    const health = await fetch(`${adminUrl}/health`)
    expect([health.status, ((await health.json()) as { status: string }).status]).toEqual([503, 'shutting_down'])
    expect((await inFlight).status).toBe(200)
    expect((await running.ended).code).toBe(0)
    await expect(fetch(`${adminUrl}/health`)).rejects.toThrow('fetch failed')
  })

  it('says which key to change when a second gateway is started on the same machine', async () => {
    await using first = start(['serve'], folderWith({ 'embedgate.yaml': yaml }))
    const { port } = new URL((await urlsOf(first)).adminUrl)
    const second = folderWith({ 'embedgate.yaml': yaml.replace('admin: { port: 0 }', `admin: { port: ${port} }`) })
    const { code, err } = await embedgate(['serve'], second)
    expect(code).toBe(1)
    expect(err).toContain(`EG_PORT_IN_USE\n  port ${port} of 127.0.0.1 is in use already`)
    expect(err).toContain('`embedgate serve --admin-port N`')
    expect(err).toContain('`admin.port`')
    expect(err).not.toMatch(/^\s+at /m)
  })

  it.each(['serve', 'check'])(
    'is refused by %s when it can be reached from elsewhere and has no token',
    async (command) => {
      const open = yaml.replace('admin: { port: 0 }', 'admin: { port: 0, host: 0.0.0.0 }')
      const folder = folderWith({ 'embedgate.yaml': open })
      const { code, err } = await embedgate([command], folder)
      expect(code).toBe(1)
      expect(err).toContain('EG_CONFIG_ADMIN_UNPROTECTED')
    },
  )

  it('is not fooled by a name that was pointed at it', async () => {
    await using running = start(['serve'], folderWith({ 'embedgate.yaml': yaml }))
    const { adminUrl } = await urlsOf(running)
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${adminUrl}/health`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.on('error', reject).end()
    })
    expect(status).toBe(403)
  })

  it.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
    'changes nothing when the disk is full, and takes the change once there is room',
    async () => {
      const folder = folderWith({ 'embedgate.yaml': yaml })
      const data = join(folder, '.embedgate')
      mkdirSync(data)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', data])
      onTestFinished(() => void execFileSync('umount', ['-l', data]))
      await using running = start(['serve'], folder)
      const { adminUrl } = await urlsOf(running)
      const filler = join(data, 'filler')
      expect(() => writeFileSync(filler, Buffer.alloc(65_536))).toThrow('ENOSPC')
      const refused = await change(adminUrl, folder, '/admin/config/retry', { retries: 1 })
      expect([refused.status, refused.body.error.code]).toEqual([507, 'EG_CONFIG_NOT_SAVED'])
      expect(await (await fetch(`${adminUrl}/admin/config/retry`)).json()).toMatchObject({ retries: 3 })
      rmSync(filler)
      expect((await change(adminUrl, folder, '/admin/config/retry', { retries: 1 })).status).toBe(200)
      await stop(running)
    },
  )
})
