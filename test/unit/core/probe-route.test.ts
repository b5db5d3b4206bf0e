import { expect, it } from 'vitest'
import { isProbeRoute } from '../../../gateway/core/probe-route.ts'

it.each([
  ['/health', true],
  ['/health/ready', true],
  ['/metrics', true],
  ['/metrics-of-mine', false],
  ['/healthcheck', false],
  ['/v1/embeddings', false],
  [undefined, false],
])('the route %s is for probes: %s', (route, isProbe) => {
  expect(isProbeRoute(route)).toBe(isProbe)
})
