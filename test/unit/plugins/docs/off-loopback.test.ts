import { describe, expect, it } from 'vitest'
import { adminGateway, token, twoTiers } from '../admin/gateway.ts'

describe('the document of the admin API, off loopback', () => {
  it.each([
    ['/docs', 200],
    ['/docs/', 200],
    ['/docs/static/swagger-ui.css', 200],
    ['/docs/json', 401],
    ['/docs/yaml', 401],
    ['/openapi.json', 401],
  ])('is shown by pages that are open, and itself wants the token: %s is %i', async (path, status) => {
    const { admin } = await adminGateway(twoTiers, { admin: `{ host: 0.0.0.0, token: ${token} }` })
    expect((await admin.inject(path)).statusCode).toBe(status)
    const headers = { authorization: `Bearer ${token}` }
    expect((await admin.inject({ url: path, headers })).statusCode).toBe(200)
  })
})
