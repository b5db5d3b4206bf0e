import { describe, expect, it } from 'vitest'
import { dims, startUpstream } from '../../faults/scripted-upstream.ts'
import { secretText, type Fault } from '../../faults/upstream-faults.ts'
import { post, untilReady } from '../../support/gateway.ts'
import { folderWith, start } from './program.ts'

const faults: readonly Fault[] = [
  'answers 401',
  'answers 500',
  'answers 429',
  'refuses the input',
  'redirects',
  'resets the connection',
  'sends a gigabyte',
  'hangs before its headers',
  'sends HTML',
]

describe('[O3] what is said of remote engines at the most talkative level', { timeout: 60_000 }, () => {
  it('holds no key, no text and none of their words, in logs, answers, health or metrics', async () => {
    await using upstream = await startUpstream()
    const yaml = `
server: { port: 0, requestTimeoutMs: 600 }
admin: { port: 0 }
telemetry: { logLevel: trace }
backends:
  remote:
    kind: openai
    url: "${upstream.url}"
    model: synthetic
    dims: ${dims}
    maxTokens: 256
    apiKey: sk-sekret-key
    headers: { x-auth: sekret-header }
    timeoutMs: 300
    proxy: [POST /rerank]
models: { m: { chain: [remote] } }
`
    await using running = start(['serve'], folderWith({ 'embedgate.yaml': yaml }))
    const [, url = ''] = await running.line(/listens on (http:\/\/127\.0\.0\.1:\d+) after/)
    await untilReady(url)
    await running.line(/Serving m from remote/)
    const said: string[] = []
    for (const fault of faults) {
      upstream.fault = fault
      const { status, body } = await post(`${url}/v1/embeddings`, { model: 'm', input: `sekret-input ${fault}` })
      expect(status).toBeGreaterThanOrEqual(400)
      said.push(JSON.stringify(body))
      const proxied = fetch(`${url}/proxy/remote/rerank`, {
        method: 'POST',
        body: '{"query":"sekret-input"}',
        headers: { 'content-type': 'application/json' },
      })
      // The body of what was passed on to its own caller may say what it likes.
      await proxied.then((answer) => answer.text()).catch(() => {})
    }
    for (const path of ['/health', '/metrics', '/v1/models']) said.push(await (await fetch(url + path)).text())
    running.child.kill('SIGTERM')
    const { code, out, err } = await running.ended
    expect(code).toBe(0)
    const all = [...said, out, err].join('\n')
    expect(all).toContain('request_id')
    for (const secret of ['sekret', secretText]) expect(all).not.toContain(secret)
  })
})
