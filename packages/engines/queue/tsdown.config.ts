import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: ["src/index.ts", "src/main.ts"],
  format: "esm",
  platform: "node",
  target: "node22.12",
  dts: true,
  fixedExtension: false,
  sourcemap: true,
  exports: { devExports: "@batchwise/source", exclude: ["main"], bin: false },
  publint: { strict: true },
  attw: { profile: "esm-only", level: "error" },
});
export default config;
