import { defineConfig } from 'vitest/config'
import base from '../../../vitest.config.ts'

export default defineConfig({
  test: { ...base.test, include: ['test/stack/tracing/*.test.ts'], testTimeout: 60_000 },
})
