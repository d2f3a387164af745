import { defineConfig, type ViteUserConfig } from "vitest/config";

// Tests import workspace packages from their sources (no build needed).
// BATCHWISE_TEST_DIST=1 imports the built files instead, as a user of the packages would.
const conditions = process.env["BATCHWISE_TEST_DIST"] ? [] : ["@batchwise/source"];
const roots = ["packages/*/src", "packages/*/*/src", "apps/*/src"];

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    reporters: ["default", "./scripts/summary-reporter.ts"],
    include: roots.map((root) => `${root}/**/*.test.ts`),
    exclude: ["**/node_modules/**", "**/dist/**", "**/*.live.test.ts"],
    typecheck: { enabled: true, include: roots.map((root) => `${root}/**/*.test-d.ts`) },
    coverage: { provider: "v8", include: ["packages/**/src/**"] },
  },
});
export default config;
