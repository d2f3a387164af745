import type { Names } from "./names.ts";
import type { ScaffoldOptions } from "./options.ts";

/** Values of options that are left out. */
export type Defaults = Required<
  Pick<ScaffoldOptions, "baseURL" | "keyVariable" | "maxInputs" | "maxConcurrency" | "author" | "dir">
>;

/** The defaults for a package of these names. */
export function defaultsOf(names: Names): Defaults {
  return {
    baseURL: `https://api.${names.slug}.example/v1`,
    keyVariable: `${names.constant}_API_KEY`,
    maxInputs: 96,
    maxConcurrency: 5,
    author: `The ${names.package} contributors`,
    dir: names.package.slice(names.package.indexOf("/") + 1),
  };
}
