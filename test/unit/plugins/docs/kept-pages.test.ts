import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { keptPages } from '../../../../plugins/docs/kept-pages.ts'

const apps: FastifyInstance[] = []
afterEach(async () => void (await Promise.all(apps.splice(0).map((app) => app.close()))))

/** Kept pages of an app with one file, and what was asked of it. */
const living = () => {
  const app = Fastify()
  apps.push(app)
  const asked: string[] = []
  app.addHook('onRequest', async ({ url }) => void asked.push(url))
  app.get('/file', (_request, reply) => reply.type('text/css').header('server', 'x').send('a {}'))
  return { pageAt: keptPages(async () => app), asked }
}

describe('kept pages', () => {
  it('are asked of their app once, also by many at a time', async () => {
    const { pageAt, asked } = living()
    const [first, second] = await Promise.all([pageAt('/file'), pageAt('/file')])
    expect([second, await pageAt('/file')]).toEqual([first, first])
    expect(first).toMatchObject({ status: 200, headers: { 'content-type': 'text/css' }, body: Buffer.from('a {}') })
    expect(first.headers).not.toHaveProperty('server')
    expect(asked).toEqual(['/file'])
  })

  it('are not kept where there is nothing', async () => {
    const { pageAt, asked } = living()
    for (let count = 0; count < 2; count += 1)
      await expect(pageAt('/none')).rejects.toMatchObject({ code: 'EG_ROUTE_UNKNOWN' })
    expect(asked).toEqual(['/none', '/none'])
  })

  it('are tried again when their app could not be made', async () => {
    let tries = 0
    const app = Fastify()
    apps.push(app)
    app.get('/file', () => 'a')
    const pageAt = keptPages(async () => {
      tries += 1
      if (tries === 1) throw new Error('no memory')
      return app
    })
    await expect(pageAt('/file')).rejects.toThrow('no memory')
    expect((await pageAt('/file')).body.toString()).toBe('a')
  })
})
