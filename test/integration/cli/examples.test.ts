import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, realpathSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { commands } from '../../../gateway/cli/commands.ts'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { linkedModel } from '../gateway/model-copy.ts'
import { folderWith } from './program.ts'

const program = new URL('../../../dist/gateway/main.js', import.meta.url).pathname

const listed = await Promise.all(Object.values(commands).map((command) => command.load()))
const examples = listed.flatMap((command) => command.examples)

const listeners = 'server: { port: 0 }\nadmin: { port: 0 }\n'
const models = 'backends: { cpu: { kind: onnx, workers: 1, model: MODEL } }\nmodels: { mine: { chain: [cpu] } }\n'

/** A folder with all that the examples name, and with `embedgate` and `deploy` on the way to its programs. */
const folderOfUser = (): string => {
  const folder = realpathSync(
    folderWith({
      'embedgate.yaml': `${listeners}telemetry: { logLevel: "\${LOG_LEVEL:-info}" }\n`,
      'production.yaml': `${listeners}${models.replace('MODEL', 'all-MiniLM-L6-v2')}`,
      'my.yaml': `${listeners}${models.replace('MODEL', './my-model')}`,
      'texts.txt': 'one\ntwo\n',
      embedgate: `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`,
      deploy: '#!/bin/sh\n',
    }),
  )
  for (const file of ['embedgate', 'deploy']) chmodSync(join(folder, file), 0o755)
  renameSync(linkedModel(), join(folder, 'my-model'))
  return folder
}

/** As it is written, but on the loopback interface, on free ports, where this user may write, and on the processor. */
const onThisMachine = (example: string, url: string): string =>
  example
    .replace('http://127.0.0.1:8080', url)
    .replace('--port 9000 --admin-port 9001', '--port 0 --admin-port 0')
    .replace('--host 0.0.0.0', '--host 127.0.0.1')
    .replace('0.0.0.0:9000', '127.0.0.1:0')
    .replace('unix:/run/embedgate', 'unix:$PWD')
    .replace('--device gpu', '--device cpu')

interface Done {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a line in a shell until it ends; what listens is told to stop once it does. */
const runLine = async (line: string, folder: string): Promise<Done> => {
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` }
  const shell = spawn('sh', ['-c', `trap : TERM; ${line}`], {
    cwd: folder,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const signal = (name: NodeJS.Signals): void => void process.kill(-(shell.pid ?? Number.NaN), name)
  onTestFinished(() => void (shell.exitCode === null && signal('SIGKILL')))
  let [out, err, isStopped] = ['', '', false]
  shell.stderr.on('data', (chunk) => (err += String(chunk)))
  shell.stdout.on('data', (chunk) => {
    out += String(chunk)
    if (isStopped || !/Serving .* from|Worker of .* listens on/.test(out)) return
    isStopped = true
    signal('SIGTERM')
  })
  const [code] = (await once(shell, 'close')) as [number | null]
  return { code, out, err }
}

let gateway: TestGateway
beforeAll(async () => void (gateway = await startGateway()))
afterAll(() => gateway.close())

describe('the examples in the help', { timeout: 60_000 }, () => {
  it.each(examples)('works: %s', async (example) => {
    const { code, out, err } = await runLine(onThisMachine(example, gateway.url), folderOfUser())
    expect([code, err]).toEqual([0, ''])
    if (!example.includes(' > ')) expect(out).not.toBe('')
  })
})
