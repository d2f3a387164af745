import { defineConfig, type UserConfig } from "tsdown";

/** Differences between packages. */
interface Library {
  /** "node" for a package that imports `node:` modules. */
  readonly platform: "neutral" | "node";
  /** @default "es2023" on a neutral platform, the oldest supported Node on "node" */
  readonly target?: string;
  /** Second entry: `"wrappers"` is `src/wrappers.ts`, imported by the package's name and `/wrappers`. */
  readonly subpath?: string;
  /** File in `src` beside the index that is started and not imported: a command, or the code of a thread. */
  readonly beside?: string;
}

/** Build of every package: ES modules with types and source maps. */
export function library({ platform, target, subpath, beside }: Library): UserConfig {
  return defineConfig({
    entry: ["index", subpath, beside].filter((name) => name !== undefined).map((name) => `src/${name}.ts`),
    format: "esm",
    platform,
    target: target ?? (platform === "neutral" ? "es2023" : "node22.12"),
    dts: true,
    fixedExtension: false,
    sourcemap: true,
    // The sources are in the package, and the maps lead to them.
    outputOptions: { sourcemapExcludeSources: true },
    exports: {
      devExports: "@batchwise/source",
      ...(beside === undefined ? {} : { exclude: [beside], bin: false }),
    },
    publint: { strict: true },
    attw: { profile: "esm-only", level: "error" },
  });
}
