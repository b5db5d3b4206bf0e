import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { peersFolder } from '../peers/installed.ts'
import { exitOf, stopChild } from './child.ts'
import { freePort } from './free-port.ts'
import type { Server } from './server.ts'

const program = join(peersFolder, 'node_modules/@portkey-ai/gateway/build/start-server.js')
const pollMs = 50

/** Whether `bench/peers/install` has brought it. */
export const portkeyInstalled = (): boolean => existsSync(program)

/** Starts Portkey's gateway without its console, told by headers where the engine is, as its pages say. */
export const startPortkey = async (upstream: string): Promise<Server> => {
  const port = await freePort()
  const child = spawn(process.execPath, [program, `--port=${port}`, '--headless'], {
    stdio: 'ignore',
    env: { ...process.env, NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: new URL(upstream).hostname },
  })
  const url = `http://127.0.0.1:${port}`
  const ended = exitOf(child).then((how) => {
    throw new Error(`Portkey ended with ${how}`)
  })
  const listening = async (): Promise<void> => {
    for (;;) {
      const isUp = await request(url).then(
        async ({ body }) => body.dump().then(() => true),
        () => false,
      )
      if (isUp) return
      await sleep(pollMs)
    }
  }
  await Promise.race([listening(), ended])
  const headers = {
    authorization: 'Bearer none',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${upstream}/v1`,
  }
  return {
    target: { kind: 'openai', urls: [url], encoding: 'base64', headers },
    pids: child.pid === undefined ? [] : [child.pid],
    stop: async () => void (await stopChild(child)),
  }
}
