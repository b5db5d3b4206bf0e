import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { post, until, untilReady } from '../../support/gateway.ts'
import { embedgate, folderWith, start, type Running } from '../cli/program.ts'

const yaml = `
server: { port: 0, shutdownDelayMs: 1 }
admin: { port: 0 }
backends: { fake: { kind: synthetic, dims: 8 } }
models: { toy: { chain: [fake] } }
`

/** A folder with a file of dataDir that answers nobody who reads it, as on a mount that has gone away. */
const folderThatHangs = (...names: readonly string[]): string => {
  const folder = folderWith({ 'embedgate.yaml': yaml })
  mkdirSync(join(folder, '.embedgate'))
  for (const name of names) execFileSync('mkfifo', [join(folder, '.embedgate', name)])
  return folder
}
const urlsOf = async (running: Running) => {
  const [, url = '', adminUrl = ''] = await running.line(/listens on (\S+) after .*admin on (\S+);/)
  return { url, adminUrl }
}

describe.skipIf(process.platform === 'win32')('a dataDir that does not answer', { timeout: 60_000 }, () => {
  it('keeps no gateway from serving; changes are refused, and it ends when it is told to', async () => {
    const folder = folderThatHangs('admin-token', 'overrides.json')
    await using running = start(['serve'], folder)
    const { url, adminUrl } = await urlsOf(running)
    await untilReady(url)
    expect((await post(`${url}/v1/embeddings`, { model: 'toy', input: 'a' })).status).toBe(200)
    // More than there are threads: host names and other files must still be looked up.
    for (let count = 0; count < 6; count += 1) {
      const change = await post(`${adminUrl}/admin/config/retry`, { retries: 1 }, { authorization: 'Bearer x' })
      expect([change.status, change.body.error.code]).toEqual([403, 'EG_AUTH_FORBIDDEN'])
    }
    expect((await fetch(`${url.replace('127.0.0.1', 'localhost')}/health/ready`)).status).toBe(200)
    running.child.kill('SIGTERM')
    const { out, err } = await running.ended
    expect(out).toContain('overrides.json is not used yet')
    expect(out).toContain('there is no admin token')
    expect(out).toContain('"msg":"stopped"')
    expect(err).toContain('ends by SIGKILL')
    expect(running.child.signalCode).toBe('SIGKILL')
  })

  it('lets changes in once it answers', async () => {
    const folder = folderThatHangs('overrides.json')
    writeFileSync(
      join(folder, 'embedgate.yaml'),
      yaml.replace('port: 0 }\nb', 'port: 0, token: a-token-of-sixteen }\nb'),
    )
    await using running = start(['serve'], folder)
    const { adminUrl } = await urlsOf(running)
    const change = () =>
      post(`${adminUrl}/admin/config/retry`, { retries: 1 }, { authorization: 'Bearer a-token-of-sixteen' })
    expect(await change()).toMatchObject({ status: 507, body: { error: { code: 'EG_CONFIG_NOT_SAVED' } } })
    writeFileSync(join(folder, '.embedgate/overrides.json'), '')
    await until(async () => (await change()).status === 200)
    running.child.kill('SIGTERM')
    expect((await running.ended).code).toBe(0)
  })

  it('keeps no process from ending at once on the second signal', async () => {
    const folder = folderThatHangs('admin-token')
    writeFileSync(join(folder, 'embedgate.yaml'), yaml.replace('shutdownDelayMs: 1', 'shutdownDelayMs: 600000'))
    await using running = start(['serve'], folder)
    await urlsOf(running)
    running.child.kill('SIGTERM')
    await running.line(/"msg":"stopping"/)
    running.child.kill('SIGTERM')
    await running.ended
    expect(running.child.signalCode).toBe('SIGKILL')
  })

  it('is said by check, which ends', async () => {
    const { out, err } = await embedgate(['check'], folderThatHangs('overrides.json'))
    expect(err).toContain('overrides.json cannot be read: its disk does not answer')
    expect(out).toContain('fake')
  })

  it('keeps no start that fails from ending', async () => {
    const folder = folderThatHangs('overrides.json')
    writeFileSync(join(folder, 'embedgate.yaml'), yaml.replace('models', 'plugins: [./late.mjs]\nmodels'))
    writeFileSync(
      join(folder, 'late.mjs'),
      'export default async (app) => void app.addHook("onReady", async () => { throw new Error("no luck") })',
    )
    const { err } = await embedgate(['serve'], folder)
    expect(err).toContain('no luck')
  })
})
