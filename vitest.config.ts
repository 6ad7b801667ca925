import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/mongod-global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
