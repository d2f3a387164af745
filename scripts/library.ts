import { defineConfig, type UserConfig } from "tsdown";

/** What packages differ in. */
interface Library {
  /** "node" for what imports `node:` modules. */
  readonly platform: "neutral" | "node";
  /** @default "es2023" on a neutral platform, the oldest Node that the packages take on Node */
  readonly target?: string;
  /** What can be imported besides the index: `"wrappers"` is `src/wrappers.ts`, by the package's name and `/wrappers`. */
  readonly subpath?: string;
  /** A file of its own in `src`, beside the index and imported by nobody: a command, or what a thread runs. */
  readonly beside?: string;
}

/** How every package is built: ES modules with types and source maps. */
export function library({ platform, target, subpath, beside }: Library): UserConfig {
  return defineConfig({
    entry: ["index", subpath, beside].filter((name) => name !== undefined).map((name) => `src/${name}.ts`),
    format: "esm",
    platform,
    target: target ?? (platform === "neutral" ? "es2023" : "node22.12"),
    dts: true,
    fixedExtension: false,
    sourcemap: true,
    exports: {
      devExports: "@batchwise/source",
      ...(beside === undefined ? {} : { exclude: [beside], bin: false }),
    },
    publint: { strict: true },
    attw: { profile: "esm-only", level: "error" },
  });
}
