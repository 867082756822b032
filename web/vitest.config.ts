import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['shared/**/*.test.ts', 'kasir/**/*.test.ts', 'kartu/**/*.test.ts'], environment: 'node', testTimeout: 60_000, hookTimeout: 60_000 },
})
