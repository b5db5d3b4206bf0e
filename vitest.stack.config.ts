import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

export default defineConfig({
  test: {
    ...base.test,
    include: ['test/stack/prometheus/**/*.test.ts'],
    // Alerts wait for faults to last, and to be over.
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
