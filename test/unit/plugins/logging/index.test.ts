import Fastify, { LogController, type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { anybody } from '../../../../gateway/core/identity.ts'
import { noMeter } from '../../../../gateway/core/meter.ts'
import errors from '../../../../gateway/http/errors.ts'
import requests from '../../../../gateway/http/requests.ts'
import logging from '../../../../plugins/logging/index.ts'
import { loggerOptions } from '../../../../plugins/logging/logger-options.ts'
import { logLevelsOf } from '../../../../plugins/logging/log-levels.ts'

type Line = Record<string, unknown>
const apps: FastifyInstance[] = []
afterEach(async () => void (await Promise.all(apps.splice(0).map((app) => app.close()))))

const build = async (logLevel: 'debug' | 'info' = 'info') => {
  const lines: Line[] = []
  const logController = new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' })
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  const levels = logLevelsOf()
  const logger = { ...loggerOptions({ logLevel }, false, stream), onChild: levels.onChild }
  const app = Fastify({ logController, logger, childLoggerFactory: levels.childLoggerFactory })
  apps.push(app)
  app.decorate('setLogLevel', (level) => levels.set(app.log, level))
  app.decorate('meter', noMeter)
  await app.register(errors)
  await app.register(requests)
  await app.register(logging)
  app.addHook('onRequest', async (request) => {
    request.identity = anybody
  })
  app.post('/v1/embeddings', (request, reply) => {
    request.summary = { outcome: 'success', model: 'm', texts: 1 }
    return reply.send({ echoed: request.body })
  })
  app.get('/health/live', async () => ({}))
  return { app, lines }
}

describe('the logging plugin', () => {
  it('writes one line for a request, as JSON, without its text or its key', async () => {
    const { app, lines } = await build()
    const headers = { authorization: 'Bearer eg-secret' }
    await app.inject({ method: 'POST', url: '/v1/embeddings?q=hidden', headers, payload: { input: 'a private text' } })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      level: 'info',
      msg: 'request',
      request_id: expect.any(String),
      route: '/v1/embeddings',
      status: 200,
      model: 'm',
      texts: 1,
      tenant: 'default',
      duration_ms: expect.any(Number),
    })
    expect(JSON.stringify(lines)).not.toMatch(/private|secret|hidden/)
  })

  it('writes probes only when debugging', async () => {
    const quiet = await build()
    await quiet.app.inject('/health/live')
    expect(quiet.lines).toEqual([])
    const loud = await build('debug')
    await loud.app.inject('/health/live')
    expect(loud.lines).toHaveLength(1)
  })

  it('says other for a path that is no route', async () => {
    const { app, lines } = await build()
    await app.inject('/private-path')
    expect(lines).toEqual([expect.objectContaining({ route: 'other', status: 404 })])
  })

  it('hides keys that somebody logs by mistake', async () => {
    const { app, lines } = await build()
    app.log.info({ authorization: 'eg-1', apiKey: 'eg-2', headers: { authorization: 'eg-3' }, token: 'eg-4' }, 'oops')
    app.log.info({ req: { headers: { authorization: 'eg-5' } }, options: { apiKey: 'eg-6' } }, 'oops')
    expect(JSON.stringify(lines)).not.toMatch(/eg-\d/)
  })

  it('changes its level at run time, for loggers made before and for requests to come', async () => {
    const { app, lines } = await build()
    const child = app.log.child({ part: 'breakers' })
    app.get('/x', (request, reply) => {
      request.log.debug('on the way')
      return reply.send({})
    })
    child.debug('too soon')
    app.setLogLevel('debug')
    child.debug('now')
    await app.inject('/x')
    expect(lines.map(({ msg }) => msg)).toEqual(['now', 'on the way', 'request'])
    app.setLogLevel('silent')
    child.fatal('too late')
    await app.inject('/x')
    expect(lines).toHaveLength(3)
  })

  it('names the request in lines written on its way as in its own line', async () => {
    const { app, lines } = await build()
    app.get('/x', (request, reply) => {
      request.log.warn('on the way')
      return reply.send({})
    })
    await app.inject('/x')
    expect(lines[0]?.['request_id']).toBe(lines[1]?.['request_id'])
  })
})
