import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: [process.env['PICTURES'] === undefined ? 'test/browser/**/*.test.ts' : 'test/browser/**/pictures.ts'],
    // A browser and a gateway share the machine.
    maxWorkers: 1,
    // What has no limit of its own: a wrong token is answered after a second.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
