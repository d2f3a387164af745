import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openFolder } from "./temporary-folder.ts";

/** Sources of the workspace's packages, or what was built of them. */
const CONDITIONS = process.env["BATCHWISE_TEST_DIST"] ? [] : ["@batchwise/source"];

/** Result of one test of a scaffolded package. */
export interface TestResult {
  /** The package's folder on the bench, and its test file. */
  readonly package: string;
  readonly file: string;
  readonly title: string;
  readonly status: "passed" | "failed" | "skipped" | "pending" | "todo" | "disabled";
}

/**
 * A folder for scaffolded packages, outside of the repository. What `npm install` would bring to each is linked from the
 * workspace: no network is needed.
 */
export class Workbench implements Disposable {
  readonly folder: string = openFolder();

  constructor() {
    const modules = path.join(this.folder, "node_modules");
    for (const [name, from] of Object.entries(LINKS)) {
      mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
      symlinkSync(inWorkspace(from), path.join(modules, name), "junction");
    }
  }

  /** Path of a package of this name. */
  at(...names: readonly string[]): string {
    return path.join(this.folder, ...names);
  }

  /** Replaces a part of a package's file, which has to be there. */
  edit(file: string, part: string | RegExp, replacement: string): void {
    const before = readFileSync(this.at(file), "utf8");
    const after = before.replace(part, () => replacement);
    if (after === before) throw new Error(`Expected ${file} to hold ${String(part)}, got a text without it.`);
    writeFileSync(this.at(file), after);
  }

  /**
   * Runs tests of the packages in one run of vitest.
   *
   * @param include which files, as globs from the bench's folder
   * @param update writes what their snapshots hold
   */
  async test(include: readonly string[], update: boolean = false): Promise<readonly TestResult[]> {
    const resolve = { conditions: CONDITIONS };
    const ssr = { resolve: { conditions: CONDITIONS, externalConditions: CONDITIONS } };
    // Core and testkit are loaded once for all packages: loading takes most of the time.
    const once = { isolate: false, fileParallelism: false };
    const config = {
      resolve,
      ssr,
      test: { include, ...once, update, reporters: ["json"], outputFile: "results.json" },
    };
    writeFileSync(this.at("vitest.config.mjs"), `export default ${JSON.stringify(config)};\n`);
    await this.run([VITEST, "run", "--config", this.at("vitest.config.mjs")]).catch(() => undefined);
    const { testResults } = JSON.parse(readFileSync(this.at("results.json"), "utf8")) as Results;
    return testResults.flatMap(({ name, message, assertionResults }) => {
      const [folder = "", ...rest] = path.relative(this.folder, name).split(path.sep);
      const place = { package: folder, file: rest.join("/") };
      // A file that cannot be loaded has no tests at all.
      if (assertionResults.length === 0) return [{ ...place, title: message, status: "failed" as const }];
      return assertionResults.map(({ title, status }) => ({ ...place, title, status }));
    });
  }

  /** @throws with the compiler's words where one of the packages does not type-check by its own configuration */
  async typecheck(names: readonly string[]): Promise<void> {
    // One run for all: the configurations are alike, and core's types take most of the time.
    const configurations = new Set(names.map((name) => readFileSync(this.at(name, "tsconfig.json"), "utf8")));
    if (configurations.size !== 1)
      throw new Error("Expected packages with the same tsconfig.json, got different ones.");
    const config = { extends: `./${names[0]}/tsconfig.json`, include: names.map((name) => `${name}/src`) };
    writeFileSync(this.at("tsconfig.json"), JSON.stringify(config));
    const conditions = CONDITIONS.flatMap((each) => ["--customConditions", each]);
    await this.run([TSC, "--noEmit", "-p", this.folder, ...conditions]);
  }

  /** Runs a script with this process's Node, in the bench's folder or in one of its packages, and returns its output. */
  async run(argv: readonly string[], cwd = ""): Promise<string> {
    const env = { ...process.env };
    // What marks a run of vitest is not the child's.
    for (const key of Object.keys(env)) if (key.startsWith("VITEST") || key === "NODE_OPTIONS") delete env[key];
    try {
      const flags = CONDITIONS.map((each) => `--conditions=${each}`);
      const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...argv], { cwd: this.at(cwd), env });
      return stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`Expected ${argv.join(" ")} to succeed, got a failure:\n${stdout}${stderr}`, { cause: error });
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A path of this repository. */
export function inWorkspace(name: string): string {
  return fileURLToPath(new URL(`../../../../../${name}`, import.meta.url));
}

const OWN_MODULES = "packages/tools/create-adapter/node_modules";
const VITEST: string = inWorkspace("node_modules/vitest/vitest.mjs");
const TSC: string = inWorkspace("node_modules/typescript/bin/tsc");
/** The program that builds a scaffolded package. */
export const TSDOWN: string = inWorkspace(`${OWN_MODULES}/tsdown/dist/run.mjs`);

const LINKS: Readonly<Record<string, string>> = {
  "@batchwise/adapter-kit": "packages/adapter-kit",
  "@batchwise/core": "packages/core",
  "@batchwise/testkit": "packages/testkit",
  "@types/node": "node_modules/@types/node",
  publint: `${OWN_MODULES}/publint`,
  tsdown: `${OWN_MODULES}/tsdown`,
  typescript: "node_modules/typescript",
  vitest: "node_modules/vitest",
};

interface Results {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly Pick<TestResult, "title" | "status">[];
  }[];
}
