import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGES = ["README.md", "docs/**/*.md", "{packages,apps}/**/README.md"];
const isOutside = (file: string): boolean => /(^|\/)(node_modules|dist|template|reference)(\/|$)/.test(file);
/** Pages all of whose snippets are whole. */
const WHOLE = /^(README|packages-core-README|docs-(?!laws|writing-an-adapter))/;
/** Errors of a snippet that is a part: names and modules that are the reader's. */
const MISSING = /error TS(2304|2307|2552|18004):/;

/** Sources of the workspace's packages, by the names that are imported. */
function sourcePaths(): Readonly<Record<string, readonly string[]>> {
  const manifests = globSync("packages/**/package.json", { cwd: ROOT, exclude: isOutside });
  const entries = manifests.flatMap((file) => {
    const { name, exports = {} } = JSON.parse(readFileSync(path.join(ROOT, file), "utf8")) as {
      readonly name: string;
      readonly exports?: Readonly<Record<string, { readonly "@batchwise/source"?: string }>>;
    };
    return Object.entries(exports).flatMap(([part, { "@batchwise/source": source }]) =>
      source === undefined ? [] : [[name + part.slice(1), [path.join(ROOT, path.dirname(file), source)]] as const],
    );
  });
  return Object.fromEntries(entries);
}

test("every snippet that is whole is strict TypeScript, as a reader would have it", { timeout: 120_000 }, () => {
  // Within the repository, whose dependencies it finds.
  const folder = mkdtempSync(path.join(ROOT, "test/.snippets-"));
  const snippets = globSync(PAGES, { cwd: ROOT, exclude: isOutside }).flatMap((page) =>
    [...readFileSync(path.join(ROOT, page), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""], index) => {
      const name = `${page.slice(0, -3).replaceAll(/[/\\]/g, "-")}-${index + 1}.mts`;
      writeFileSync(path.join(folder, name), `${code}\nexport {};\n`);
      return name;
    }),
  );
  const compilerOptions = {
    target: "es2023",
    lib: ["es2024", "esnext.disposable"],
    module: "nodenext",
    types: ["node"],
    typeRoots: [path.join(ROOT, "node_modules/@types")],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    customConditions: ["@batchwise/source"],
    paths: sourcePaths(),
  };
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.mts"] }));
  const compiler = path.join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [compiler, "--pretty", "false"], { cwd: folder, encoding: "utf8" });
  rmSync(folder, { recursive: true });
  const errors = stdout.split("\n").filter((line) => line.includes(": error TS"));
  const errorsIn = (name: string): string[] => errors.filter((line) => line.startsWith(`${name}(`));
  const whole = snippets.filter((name) => !errorsIn(name).some((line) => MISSING.test(line)));
  expect(whole.flatMap(errorsIn)).toEqual([]);
  expect(snippets.filter((name) => WHOLE.test(name) && !whole.includes(name))).toEqual([]);
  expect(whole.length).toBeGreaterThanOrEqual(60);
});
