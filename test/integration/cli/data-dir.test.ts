import { describe, expect, it } from 'vitest'
import { embedgate, folderWith, start } from './program.ts'

const file = (dataDir: string): string => `dataDir: ${dataDir}
server: { port: 0 }
admin: { port: 0 }
backends: { fake: { kind: synthetic, dims: 8 } }
models: { toy: { chain: [fake] } }
`

describe.each(['./afile', '/proc/x'])(
  'the dataDir %s, in which nothing can be kept',
  { timeout: 60_000 },
  (dataDir) => {
    it('is a fault to `check` and to `doctor`', async () => {
      const folder = folderWith({ 'embedgate.yaml': file(dataDir), afile: '' })
      const { code, out, err } = await embedgate(['check'], folder)
      expect([code, err]).toEqual([1, expect.stringMatching(/^fault {2}dataDir \/.*: (there is a|no) /)])
      expect(out).not.toContain('ENOTDIR')
      expect((await embedgate(['doctor'], folder)).out).toMatch(/^no {2}dataDir/m)
    })

    it('is warned of by `serve`, which answers all the same', async () => {
      const folder = folderWith({ 'embedgate.yaml': file(dataDir), afile: '' })
      await using gateway = start(['serve'], folder)
      const [warning] = await gateway.line(/.*"EG_CONFIG_NOT_SAVED".*/)
      expect(JSON.parse(warning)).toMatchObject({
        level: 'warn',
        msg: expect.stringContaining('dataDir cannot be written'),
      })
      await gateway.line(/Serving toy from fake/)
      gateway.child.kill('SIGTERM')
      expect(await gateway.ended).toMatchObject({ code: 0 })
    })
  },
)
