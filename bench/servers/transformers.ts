import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { compiled } from '../package-root.ts'
import { stopChild } from './child.ts'
import type { Server } from './server.ts'

/**
 * Starts transformers.js behind Fastify. `as documented`: one process, with the library's own session options. `a process a
 * core`: with one thread each, and the load generator balances over them; on two cores that serves more texts.
 */
export const startTransformers = async (way: 'as documented' | 'a process a core'): Promise<Server> => {
  const isTuned = way === 'a process a core'
  const children = Array.from({ length: isTuned ? availableParallelism() : 1 }, () =>
    fork(compiled('bench/peers/transformers-server.js'), isTuned ? ['1'] : [], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  )
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(stopChild))
  }
  const urlOf = (child: (typeof children)[number]): Promise<string> =>
    new Promise((resolve, reject) => {
      child.once('message', (message: { url: string }) => resolve(message.url))
      child.once('exit', (code) => reject(new Error(`transformers.js ended with ${code}`)))
    })
  try {
    const urls = await Promise.all(children.map(urlOf))
    return {
      target: { kind: 'openai', urls, encoding: 'float' },
      pids: children.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
