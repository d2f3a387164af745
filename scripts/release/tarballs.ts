import { access, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Copy, WorkspacePackage } from "./copy.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { faultsOfTypes } from "./faults-of-types.ts";
import type { Registry } from "./registry.ts";
import { REPOSITORY, type Workplace } from "./workplace.ts";

/** Size limit of a tarball, in kB: about a tenth more than its size. */
const BUDGETS: Readonly<Record<string, number>> = {
  // Six formats in and four out, columns with types, runs that resume, jobs, and a README of 29 kB.
  "@batchwise/cli": 235,
  // The engine with its docstrings, twice: as sources and as types.
  "@batchwise/core": 265,
  // OpenAI's and Cohere's APIs with their jobs, and what other servers do in their own way.
  "@batchwise/emulator": 205,
};
const BUDGET_OF_OTHERS = 120;

/** Tests and what they need, which are not published; a template may hold some. */
const NOT_PUBLISHED =
  /^(src|dist)\/(.*\/)?(fixtures|testing)\/|^(src|dist)\/.*\.(test|test-d|fixture)\.|(^|\/)\.(env|npmrc)/;

const SECRETS: readonly RegExp[] = [
  /\bsk-(proj-)?[\w-]{20,}/,
  /\bnpm_\w{36}\b/,
  /\bgh[pousr]_\w{36}\b/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /:_authToken=/,
];

interface Row {
  readonly name: string;
  readonly kilobytes: number;
  readonly files: number;
  readonly faults: readonly string[];
}

/** Unpacks each published tarball and checks everything that a user gets. Resolves to a table. */
export async function checkTarballs(workplace: Workplace, copy: Copy, registry: Registry): Promise<string[]> {
  const rows: Row[] = [];
  for (const published of copy.packages) rows.push(await checkTarball(workplace, copy, registry, published));
  const table = rows.map(
    ({ name, kilobytes, files }) =>
      `${name.padEnd(28)}${`${kilobytes.toFixed(1)} kB`.padStart(10)}${`${files} files`.padStart(12)}`,
  );
  const faults = rows.flatMap(({ name, faults: all }) => all.map((fault) => `${name}: ${fault}`));
  if (faults.length > 0) throw new Error([...table, ...faults].join("\n"));
  return table;
}

async function checkTarball(
  workplace: Workplace,
  copy: Copy,
  registry: Registry,
  { manifest: source, folder }: WorkspacePackage,
): Promise<Row> {
  const tarball = join(registry.storage, source.name, `${source.name.split("/").at(-1)}-${source.version}.tgz`);
  const unpacked = join(workplace.root, "unpacked", source.name);
  await mkdir(unpacked, { recursive: true });
  await workplace.run("tar", ["-xzf", tarball, "-C", unpacked], { cwd: workplace.root });
  const root = join(unpacked, "package");
  const files = await filesIn(root);
  const manifest = await readManifest(root);
  const kilobytes = (await stat(tarball)).size / 1000;
  const budget = BUDGETS[source.name] ?? BUDGET_OF_OTHERS;
  return {
    name: source.name,
    kilobytes,
    files: files.length,
    faults: [
      ...(kilobytes > budget ? [`${kilobytes.toFixed(1)} kB is more than its limit of ${budget} kB`] : []),
      ...faultsOfManifest(manifest, source, folder),
      ...files.filter((file) => NOT_PUBLISHED.test(file)).map((file) => `${file} is not to be published`),
      ...["LICENSE", "README.md"].filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
      ...(await missingTargets(root, manifest)),
      ...(await Promise.all(files.map((file) => faultsOfFile(root, file, copy.root)))).flat(),
      ...(await faultsOfTypes(tarball)),
    ],
  };
}

async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll("\\", "/"),
    );
}

function faultsOfManifest(manifest: Manifest, source: Manifest, folder: string): string[] {
  const text = JSON.stringify(manifest);
  const faults: [boolean, string][] = [
    [manifest.version !== source.version, `the version is ${manifest.version} instead of ${source.version}`],
    [/"(workspace|catalog):/.test(text), "it has a range that only this workspace understands"],
    [JSON.stringify(manifest.exports).includes("@batchwise/source"), "the exports lead to sources"],
    [manifest.type !== "module", 'type is not "module"'],
    [manifest.engines?.["node"] === undefined, "engines.node is missing"],
    [manifest.repository?.directory !== folder, `repository.directory is not ${folder}`],
    [source.publishConfig?.access !== "public", 'publishConfig.access is not "public"'],
  ];
  return faults.filter(([isFault]) => isFault).map(([, fault]) => fault);
}

/** Faults of `exports` and `bin`: targets that the tarball does not hold, and commands without a first line for Node. */
async function missingTargets(root: string, manifest: Manifest): Promise<string[]> {
  const targets = [...leaves(manifest.exports), ...Object.values(manifest.bin ?? {})];
  const faults = await Promise.all(
    targets.map((target) =>
      access(join(root, target)).then(
        () => [],
        () => [`${target} is exported and missing`],
      ),
    ),
  );
  const commands = await Promise.all(
    Object.entries(manifest.bin ?? {}).map(async ([name, target]) => {
      const text = await readFile(join(root, target), "utf8").catch(() => "");
      return text.startsWith("#!/usr/bin/env node\n")
        ? []
        : [`the command ${name} does not begin with #!/usr/bin/env node`];
    }),
  );
  return [...(targets.length === 0 ? ["nothing is exported"] : []), ...faults.flat(), ...commands.flat()];
}

function leaves(exported: unknown): string[] {
  if (typeof exported === "string") return [exported];
  return typeof exported === "object" && exported !== null ? Object.values(exported).flatMap(leaves) : [];
}

async function faultsOfFile(root: string, file: string, copyRoot: string): Promise<string[]> {
  const text = await readFile(join(root, file), "utf8");
  const places = [REPOSITORY, copyRoot, homedir()].filter((place) => place.length > 5 && text.includes(place));
  return [
    ...SECRETS.filter((secret) => secret.test(text)).map(
      (secret) => `${file} holds what looks like a secret (${secret})`,
    ),
    ...places.map(() => `${file} names a folder of this machine`),
    ...(file.endsWith(".map") ? await brokenMap(root, file, text) : []),
  ];
}

/** Faults of a source map that neither leads to a file of the tarball nor holds its sources. */
async function brokenMap(root: string, file: string, text: string): Promise<string[]> {
  const map = JSON.parse(text) as { sources: string[]; sourcesContent?: (string | null)[]; sourceRoot?: string };
  const faults: string[] = [];
  for (const [index, source] of map.sources.entries()) {
    const target = join(root, dirname(file), map.sourceRoot ?? "", source);
    const isThere = await access(target).then(
      () => true,
      () => typeof map.sourcesContent?.[index] === "string",
    );
    if (!isThere) faults.push(`${file} leads to ${source}, which is not in the tarball`);
  }
  return faults;
}
