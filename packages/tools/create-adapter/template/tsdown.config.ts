import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: ["src/index.ts"],
  format: "esm",
  platform: "neutral",
  target: "node22.12",
  dts: true,
  fixedExtension: false,
  sourcemap: true,
  // The sources are in the package, and the maps lead to them.
  outputOptions: { sourcemapExcludeSources: true },
  publint: { strict: true },
});
export default config;
