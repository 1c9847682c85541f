import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/**/*.test.ts", "test/**/*.test.ts"],
    // Many tests wait for processes and servers, and one is left over for them by default.
    maxWorkers: "100%",
    // A guard against hangs, not a measure of speed: the machines that run this are shared.
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
