import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** An alert as Alertmanager tells of it. */
export interface Notice {
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Somebody who is told of alerts. */
export interface Receiver {
  readonly url: string
  stop(): Promise<void>
}

/** Listens on a free loopback port for what Alertmanager sends to a webhook. */
export const startReceiver = async (onNotice: (notice: Notice) => void): Promise<Receiver> => {
  const take = async (request: IncomingMessage): Promise<number> => {
    try {
      const { alerts } = (await json(request)) as { alerts: Notice[] }
      for (const notice of alerts) onNotice(notice)
      return 200
    } catch {
      return 400
    }
  }
  const server = createServer((request, response) => {
    void take(request).then((status) => response.writeHead(status).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
