import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

export default defineConfig({
  test: {
    ...base.test,
    include: ['test/gpu/**/*.test.ts'],
    // A text takes about a second on a software device.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
})
