import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: ["src/index.ts"],
  format: "esm",
  platform: "node",
  target: "node22.15",
  dts: true,
  fixedExtension: false,
  sourcemap: true,
  exports: { devExports: "@batchwise/source" },
  publint: { strict: true },
  attw: { profile: "esm-only", level: "error" },
});
export default config;
