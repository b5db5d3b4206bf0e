import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { compiled } from '../package-root.ts'
import { stopChild } from './child.ts'
import type { Server } from './server.ts'

/**
 * Starts transformers.js behind Fastify, one process per core with one thread each: on two cores that serves more texts
 * than one process with two threads. The load generator balances over them.
 */
export const startTransformers = async (processes = availableParallelism(), threads = 1): Promise<Server> => {
  const children = Array.from({ length: processes }, () =>
    fork(compiled('bench/peers/transformers-server.js'), [String(threads)], {
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
