import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { untilReady } from '../../support/gateway.ts'
import { syntheticReferences } from '../../support/synthetic-references.ts'
import { folderWith, start } from '../cli/program.ts'

const page = readFileSync(new URL('../../../docs/Reference/admin.md', import.meta.url), 'utf8')
const yaml = `
server: { port: 0 }
admin: { port: 0 }
backends: { gpu: { kind: synthetic, dims: 8 }, cpu: { kind: synthetic, dims: 8 }, cached: { kind: cached } }
models: { toy: { chain: [gpu, cpu, cached], references: references.json } }
`
/** Fails, as people would see it, when one of the commands is answered with an error. */
const strict = 'set -e\ncurl() { command curl --fail-with-body --max-time 10 "$@"; }\n'

describe('the page of the admin listener', { timeout: 60_000 }, () => {
  it('has commands that work as they are pasted', async () => {
    const folder = folderWith({ 'embedgate.yaml': yaml })
    await syntheticReferences(folder)
    await using running = start(['serve'], folder)
    const [, url = '', adminUrl = ''] = await running.line(/listens on (\S+) after .*admin on (\S+);/)
    await untilReady(url)
    const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
    const script = strict + blocks.join('echo\n').replace('http://127.0.0.1:8081', adminUrl)
    writeFileSync(join(folder, 'script.sh'), script)
    const { stdout } = await promisify(execFile)('sh', ['script.sh'], { cwd: folder })
    expect(blocks.length).toBeGreaterThan(4)
    expect(stdout).not.toContain('{"error":')
    expect(stdout).toContain('"key":"breaker.burst.failures","before":5,"after":3')
  })

  it('has every route', () => {
    for (const path of [
      '/metrics',
      '/health',
      '/admin/status',
      '/docs',
      '/openapi.json',
      '/admin/backends',
      '/admin/cache',
      '/admin/config',
      '/admin/circuit-breaker/reset',
    ])
      expect(page).toContain(path)
  })
})
