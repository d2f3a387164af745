import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { snippetsIn } from "../../packages/testkit/src/readme-snippets.ts";
import type { Copy } from "./copy.ts";
import { aloneFolder, install } from "./install.ts";
import type { Registry } from "./registry.ts";
import { REPOSITORY, type Workplace } from "./workplace.ts";

/** READMEs, and the number of their first snippets that run with the installed packages alone. */
const READMES: readonly { readonly name: string; readonly path: string; readonly count?: number }[] = [
  { name: "root", path: "README.md" },
  { name: "openai", path: "packages/providers/openai/README.md" },
  { name: "cohere", path: "packages/providers/cohere/README.md" },
  // The second needs a folder with a model.
  { name: "local", path: "packages/providers/local/README.md", count: 1 },
];

/** Packages that a user has installed: the emulator replaces the providers, and some snippets use Zod. */
const PACKAGES = ["openai", "cohere", "local", "emulator"].map((name) => `@batchwise/${name}`);
const OTHERS = ["zod", "@types/node@22"];

const COMPILER_OPTIONS = {
  target: "es2023",
  lib: ["es2024", "esnext.disposable"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  skipLibCheck: false,
  rootDir: "src",
  outDir: "js",
};

/** Imports the given snippets, with the emulator instead of the providers. */
const RUNNER = `
import { pathToFileURL } from "node:url";
import { startEmulator } from "@batchwise/emulator";

const emulator = await startEmulator({ tokens: "fast", limits: { requestsPerMinute: 6000, tokensPerMinute: 10_000_000 } });
const { fetch } = globalThis;
globalThis.fetch = (url, init) => fetch(String(url).replace("https://api.cohere.com", emulator.cohereBaseURL), init);
Object.assign(process.env, {
  OPENAI_API_KEY: "any", OPENAI_BASE_URL: emulator.openaiBaseURL, OLLAMA_URL: emulator.openaiBaseURL,
  AZURE_OPENAI_API_KEY: "any", CO_API_KEY: "any",
});
for (const file of process.argv.slice(2)) {
  process.stdout.write("\\n--- " + file + "\\n");
  await import(pathToFileURL(file));
}
await emulator.close();
`;

/** Folder with the adapters, the emulator and their READMEs' snippets, as TypeScript and compiled to JavaScript. */
export interface Consumer {
  readonly folder: string;
  /** Names of the snippets' files, without extensions, and the lines that they promise to print. */
  readonly snippets: readonly { readonly name: string; readonly prints: readonly string[] }[];
}

/** Installs the adapters into the folder of `@batchwise/local` alone, which is large. */
export async function installConsumer(workplace: Workplace, copy: Copy, registry: Registry): Promise<Consumer> {
  const folder = await install(workplace, registry, aloneFolder("@batchwise/local"), [...PACKAGES, ...OTHERS]);
  const snippets = (await Promise.all(READMES.map((readme) => snippetsOf(copy, readme)))).flat();
  await mkdir(join(folder, "src"));
  for (const { name, code } of snippets) await writeFile(join(folder, "src", `${name}.ts`), code);
  const config = { compilerOptions: COMPILER_OPTIONS, include: ["src"] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  await writeFile(join(folder, "run.js"), RUNNER);
  return { folder, snippets: snippets.map(({ name, code }) => ({ name, prints: printedBy(code) })) };
}

/** Type-checks the snippets and all types that they use, and writes them as JavaScript. */
export async function compileSnippets(workplace: Workplace, { folder, snippets }: Consumer): Promise<string> {
  const compiler = join(REPOSITORY, "node_modules/typescript/bin/tsc");
  await workplace.run(process.execPath, [compiler, "--project", folder], { cwd: folder });
  return `${snippets.length} snippets, strict, with the types of all packages`;
}

/** Runs the compiled snippets, and compares what they print with what they promise. */
export async function runSnippets(workplace: Workplace, consumer: Consumer, node: string): Promise<string> {
  const { folder, snippets } = consumer;
  const files = snippets.map(({ name }) => join("js", `${name}.js`));
  const output = await workplace.run(node, ["run.js", ...files], {
    cwd: folder,
    env: { BATCHWISE_CACHE_DIR: join(workplace.root, "cache") },
  });
  const parts = output.split(/^--- .*$/m).slice(1);
  const faults = snippets.flatMap(({ name, prints }, index) => {
    const lines = parts[index]?.split("\n") ?? [];
    return prints.filter((line) => !lines.includes(line)).map((line) => `${name} does not print ${line}`);
  });
  if (faults.length > 0) throw new Error([...faults, output].join("\n"));
  const expected = snippets.reduce((sum, { prints }) => sum + prints.length, 0);
  return `${snippets.length} snippets, ${expected} lines as the READMEs say`;
}

async function snippetsOf(
  copy: Copy,
  { name, path, count }: (typeof READMES)[number],
): Promise<{ name: string; code: string }[]> {
  const snippets = await snippetsIn(pathToFileURL(join(copy.root, path)));
  return snippets.slice(0, count).map(({ code }, index) => ({ name: `${name}-${index + 1}`, code }));
}

/** `console.log(...); // this` promises to print `this`. */
function printedBy(code: string): string[] {
  return [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text = ""]) => text);
}
