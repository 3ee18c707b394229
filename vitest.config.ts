/** Two workers: every test file may run a real database, and the reference machine has two cores. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
    // Each chaos run has workers with connections of their own, all on one server.
    maxConcurrency: 3,
  },
})
