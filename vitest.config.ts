import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const { BATCHWISE_TEST_DIST: isDist, BATCHWISE_TEST_LIVE: isLive, BATCHWISE_TEST_WORKERD: isWorkerd } = process.env;
// Tests import workspace packages from their sources (no build needed).
// BATCHWISE_TEST_DIST=1 imports the built files instead, as a user of the packages would.
const conditions = isDist ? [] : ["@batchwise/source"];
// Laws, snippets and consumers are what built files can break.
const ofDist = ["*conformance.test", "docs/*.test", "readme.test", "process.test", "scaffolded.test"];
// BATCHWISE_TEST_LIVE=1 runs the tests that call the providers themselves, with your keys, and nothing else.
// BATCHWISE_TEST_WORKERD=1 adds the tests that run a bundle on Cloudflare's workerd.
const kinds = isLive ? ["*.live.test"] : isDist ? ofDist : ["*.test"];
// Processes that tests start load compiled code: half of their time would be compiling.
process.env["NODE_COMPILE_CACHE"] ??= path.join(import.meta.dirname, "node_modules/.cache/compiled");
const roots = ["packages/*/{src,test}", "packages/*/*/src", "apps/*/{src,compare,measure}"];
// `test` holds what is true of the repository as a whole.
const filesIn = (folders: readonly string[]): string[] =>
  folders.flatMap((folder) => kinds.map((kind) => `${folder}/**/${kind}.ts`));
const exclude = [
  "**/node_modules/**",
  "**/dist/**",
  ...(isLive ? [] : ["**/*.live.test.ts"]),
  ...(isWorkerd ? [] : ["**/workerd.test.ts"]),
];
/** Folders whose tests leave nothing behind: their files share processes, which saves a sixth of the time of all. */
const shared = [
  "packages/{core,adapter-kit,testkit}/{src,test}",
  "packages/{providers,interop,middleware}/*/src",
  "packages/executors/jobs/src",
  "packages/tools/{create-adapter,emulator,plugins,terminal}/src",
];
/** Files among these that pretend to run elsewhere, before anything is loaded. */
const PRETENDING = /(polled-limiter|auto-batch-of-a-turn)\.test\.ts$/;
const sharing = globSync(filesIn(shared), { cwd: import.meta.dirname }).filter((file) => !PRETENDING.test(file));

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // Many tests wait, for processes and timers: on a machine of few cores four run at once all the same.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    // A safeguard and no measure: nothing is asserted of a time.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: ["./scripts/seeded-random.ts"],
    reporters: ["default", "./scripts/summary-reporter.ts"],
    projects: [
      {
        extends: true,
        test: { name: "shared", isolate: false, include: sharing, exclude, typecheck: { enabled: false } },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include: filesIn([...roots, "test"]),
          exclude: [...exclude, ...sharing],
          typecheck: { enabled: true, include: roots.map((root) => `${root}/**/*.test-d.ts`) },
        },
      },
    ],
    coverage: { provider: "v8", include: ["packages/**/src/**"] },
  },
});
export default config;
