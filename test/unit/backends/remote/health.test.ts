import { describe, expect, it } from 'vitest'
import { healthOf } from '../../../../backends/remote/health.ts'

describe('what the status of a cheap route says', () => {
  it.each([200, 204, 301, 400, 403, 404, 405, 429, 501])('%i: the engine works', (status) => {
    expect(healthOf('/models', status).state).toBe('up')
  })

  it.each([401, 500, 502, 503, 504])('%i: it does not, and why', (status) => {
    expect(healthOf('/models', status)).toMatchObject({
      state: 'down',
      detail: expect.stringContaining(String(status)),
    })
  })
})
