import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  // Tests of plugins import the package by its name and get the source, not what was built last.
  resolve: {
    alias: [
      { find: /^embedgate$/, replacement: source('gateway/index.ts') },
      { find: /^embedgate\/testing$/, replacement: source('gateway/testing/index.ts') },
    ],
  },
  test: {
    include: ['test/{unit,contract,integration,simulation}/**/*.test.ts'],
    reporters: ['default', './test/count-reporter.ts'],
    // Real worker processes share two cores with the tests: more files at once only make each slower.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
