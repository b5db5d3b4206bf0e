import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../bench/servers/free-port.ts'
import { folderWith, start } from './program.ts'

const synthetic = 'backends: { fake: { kind: synthetic, dims: 8 } }\nmodels: { toy: { chain: [fake] } }\n'
const program = new URL('../../../dist/gateway/main.js', import.meta.url).pathname

/** Ends of `embedgate ARGUMENTS | READER` in a shell. */
const piped = async (command: string, reader: string): Promise<{ codes: string; err: string }> => {
  const line = `"${process.execPath}" "${program}" ${command} | ${reader} > /dev/null; echo "\${PIPESTATUS[@]}"`
  const shell = spawn('bash', ['-c', line], { cwd: folderWith({ 'embedgate.yaml': synthetic }) })
  let [out, err] = ['', '']
  shell.stdout.on('data', (chunk) => (out += String(chunk)))
  shell.stderr.on('data', (chunk) => (err += String(chunk)))
  await once(shell, 'close')
  return { codes: out.trim(), err }
}

describe('embedgate, when what reads its output leaves early', { timeout: 60_000 }, () => {
  it.each(['embed a b', 'check', 'doctor', 'keys new x', 'models list', 'help', 'serve --nonsense 2>&1'])(
    'ends quietly: %s',
    async (command) => {
      const { codes, err } = await piped(command, 'true')
      expect(err).toBe('')
      expect(codes).toMatch(/^(0|2|141) 0$/)
    },
  )

  it('does not go on to compute what nobody will see', async () => {
    const endless = 'embed - --json < <(yes)'
    expect(await piped(endless, 'head -1')).toEqual({ codes: '141 0', err: '' })
  })

  it('serves on: its work is not what it prints', async () => {
    const port = await freePort()
    const file = `${synthetic}server: { port: ${port} }\nadmin: { port: 0 }\ntelemetry: { logLevel: warn }\n`
    await using gateway = start(['serve'], folderWith({ 'embedgate.yaml': file }))
    gateway.child.stdout?.destroy()
    const isReady = () =>
      fetch(`http://127.0.0.1:${port}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    await expect.poll(isReady, { timeout: 20_000 }).toBe(true)
    gateway.child.kill('SIGTERM')
    expect(await gateway.ended).toMatchObject({ code: 0, err: '' })
  })
})
