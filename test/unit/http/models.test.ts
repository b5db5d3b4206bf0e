import { describe, expect, it } from 'vitest'
import { gateway, modelOf, type ErrorAnswer } from './gateway.ts'

const slashed = modelOf({ name: 'org/model-a', aliases: ['a'] })

describe('GET /v1/models', () => {
  it('lists the served models in the order of the configuration', async () => {
    const { app } = await gateway({ models: [slashed, modelOf()] })
    const list = (await app.inject('/v1/models')).json<{ object: string; data: Record<string, unknown>[] }>()
    expect(list.object).toBe('list')
    expect(list.data.map(({ id }) => id)).toEqual(['org/model-a', 'tiny'])
    expect(list.data[0]).toMatchObject({ object: 'model', owned_by: 'embedgate', dimensions: 8, aliases: ['a'] })
    expect(Number.isInteger(list.data[0]?.['created'])).toBe(true)
  })

  it.each(['/v1/models/org/model-a', '/v1/models/org%2Fmodel-a', '/v1/models/a'])(
    'finds a model at %s',
    async (url) => {
      const { app } = await gateway({ models: [slashed] })
      const response = await app.inject(url)
      expect(response.statusCode).toBe(200)
      expect(response.json()).toMatchObject({ id: 'org/model-a', object: 'model' })
    },
  )

  it.each(['/v1/models/nothing', '/v1/models/__proto__', `/v1/models/${'x'.repeat(5000)}`])(
    'answers 404 for an id it does not serve: %s',
    async (url) => {
      const { app } = await gateway()
      const response = await app.inject(url)
      expect(response.statusCode).toBe(404)
      expect(response.json<ErrorAnswer>().error.code).toBe('EG_MODEL_UNKNOWN')
    },
  )
})
