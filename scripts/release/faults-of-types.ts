import { readFile, realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { REPOSITORY } from "./workplace.ts";

/** The part of attw's own library that is used here. */
interface Attw {
  readonly createPackageFromTarballData: (tarball: Uint8Array) => unknown;
  readonly checkPackage: (tarball: unknown) => Promise<{
    readonly types: unknown;
    readonly problems?: readonly {
      readonly kind: string;
      readonly entrypoint?: string;
      readonly resolutionKind?: string;
    }[];
  }>;
}

/** Resolutions that are not supported: the packages are ES modules, for neither CommonJS nor old resolution. */
const NOT_SUPPORTED = new Set(["node10", "node16-cjs"]);

/** Lists types of a tarball that do not resolve, in one process for all: attw's command takes seconds for each. */
export async function faultsOfTypes(tarball: string): Promise<string[]> {
  attw ??= loadAttw();
  const { createPackageFromTarballData, checkPackage } = await attw;
  const { types, problems = [] } = await checkPackage(createPackageFromTarballData(await readFile(tarball)));
  if (types === false) return ["it has no types"];
  return problems
    .filter(({ resolutionKind }) => resolutionKind === undefined || !NOT_SUPPORTED.has(resolutionKind))
    .map(({ kind, entrypoint = "" }) => `types of ${entrypoint || "a file"}: ${kind}`);
}

let attw: Promise<Attw> | undefined;

/** Loads the library, a dependency of the command that each package has. */
async function loadAttw(): Promise<Attw> {
  const command = await realpath(join(REPOSITORY, "packages/core/node_modules/@arethetypeswrong/cli/package.json"));
  return import(pathToFileURL(createRequire(command).resolve("@arethetypeswrong/core")).href) as Promise<Attw>;
}
