import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { laws } from "@batchwise/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { STRATEGIES } from "./options.ts";
import { scaffold } from "./scaffold.ts";
import { filesForNpm } from "./testing/files-for-npm.ts";
import { followGuide, GUIDE } from "./testing/guide.ts";
import { inWorkspace, type TestResult, TSDOWN, Workbench } from "./testing/workbench.ts";

/** Scaffolded packages whose call to the provider somebody has deleted. */
const WITHOUT_CALL = {
  "embeddings-without-call": { strategy: "bulk", file: "src/embeddings.ts", answer: "EmbeddingsAnswer" },
  "chat-without-call": { strategy: "concurrent", file: "src/chat.ts", answer: "ChatAnswer" },
} as const;

/** The adapter of docs/writing-an-adapter.md. */
const TERN = "batchwise-tern";

const LAWS = laws.map((law) => `${law.number} ${law.title}`);

const bench = new Workbench();
let results: readonly TestResult[] = [];

beforeAll(async () => {
  for (const strategy of STRATEGIES)
    scaffold({ name: `batchwise-acme-${strategy}`, strategy, dir: bench.at(strategy) });
  for (const [name, { strategy, file, answer }] of Object.entries(WITHOUT_CALL)) {
    scaffold({ name, strategy, dir: bench.at(name) });
    bench.edit(`${name}/${file}`, new RegExp(`await post<${answer}>\\([^]*?\\);`), `{} as Partial<${answer}>;`);
  }
  await followGuide(bench, TERN);
  const whole = [...STRATEGIES, TERN].map((name) => `${name}/src/**/*.test.ts`);
  const broken = Object.keys(WITHOUT_CALL).map((name) => `${name}/src/conformance.test.ts`);
  results = await bench.test([...whole, ...broken]);
}, 240_000);
afterAll(() => bench[Symbol.dispose]());

function resultsOf(name: string, file?: string): TestResult[] {
  return results.filter((each) => each.package === name && (file === undefined || each.file === file));
}

function titlesOf(name: string, file: string): string[] {
  return resultsOf(name, file).map((each) => each.title);
}

test.for([...STRATEGIES, TERN])("%s: every test passes, and none is skipped", (name) => {
  expect(resultsOf(name).filter((each) => each.status !== "passed")).toEqual([]);
  expect(new Set(resultsOf(name).map((each) => each.file)).size).toBe(name === "both" ? 9 : 8);
});

test.for([...STRATEGIES, TERN])("%s: every law is checked, for each Runnable", (name) => {
  const expected = name === "both" ? [...LAWS, ...LAWS] : LAWS;
  expect(titlesOf(name, "src/conformance.test.ts").toSorted()).toEqual(expected.toSorted());
});

test.for(Object.keys(WITHOUT_CALL))("%s: the laws fail", (name) => {
  const failed = resultsOf(name, "src/conformance.test.ts").filter((each) => each.status === "failed");
  const numbers = failed.map((each) => each.title.split(" ")[0]);
  // It makes no call and gives errors, which laws that speak of neither outputs nor calls allow.
  expect(numbers).toEqual(expect.arrayContaining(["L1", "L2", "L4", "L5", "L6", "L8", "L10", "L13", "L14"]));
});

test("all type-check by their own configuration", { timeout: 120_000 }, async () => {
  await expect(bench.typecheck([...STRATEGIES, TERN])).resolves.toBeUndefined();
});

test("the guide leaves nothing to be done but what only an author can know", () => {
  const read = (file: string): string => readFileSync(bench.at(TERN, `src/${file}.ts`), "utf8");
  expect(read("limits")).toContain("MAX_INPUTS = 64;");
  expect(read("limits")).toContain("REQUESTS_PER_MINUTE: number | undefined = 600;");
  const left = ["embeddings", "fixtures/serve-embeddings"].filter((file) => read(file).includes("TODO"));
  expect(left).toEqual([]);
});

describe("built", () => {
  const consumer = bench.at("consumer");

  beforeAll(async () => {
    mkdirSync(`${consumer}/node_modules/@batchwise`, { recursive: true });
    const plugins = inWorkspace("packages/tools/plugins");
    symlinkSync(plugins, `${consumer}/node_modules/@batchwise/plugins`, "junction");
    await Promise.all([...STRATEGIES, TERN].map((folder) => bench.run([TSDOWN], folder)));
    symlinkSync(bench.at("both"), `${consumer}/node_modules/batchwise-acme-both`, "junction");
    symlinkSync(bench.at(TERN), `${consumer}/node_modules/${TERN}`, "junction");
  }, 240_000);

  test("their files for npm are all there, and nothing else", { timeout: 120_000 }, async () => {
    const expected = ["dist/index.js", "dist/index.d.ts", "package.json", "README.md", "LICENSE", "src/index.ts"];
    for (const files of await Promise.all(STRATEGIES.map((strategy) => filesForNpm(bench.at(strategy))))) {
      expect(files).toEqual(expect.arrayContaining(expected));
      expect(files.filter((file) => /\.test\.|fixtures|config|changeset|\.github/.test(file))).toEqual([]);
    }
  });

  test("it is imported by its name, and its manifest makes Runnables", { timeout: 60_000 }, async () => {
    const script = `import { adapters, AcmeBothEmbeddings } from "batchwise-acme-both";
      const made = adapters.map(({ name, kind, create }) => [name, kind, create({}).constructor.name]);
      console.log(JSON.stringify([...made, AcmeBothEmbeddings.name]));`;
    writeFileSync(`${consumer}/import.mjs`, `process.env.ACME_BOTH_API_KEY = "k";\n${script}`);
    expect(JSON.parse(await bench.run(["import.mjs"], "consumer"))).toEqual([
      ["embeddings", "embeddings", "AcmeBothEmbeddings"],
      ["chat", "chat", "AcmeBothChat"],
      "AcmeBothEmbeddings",
    ]);
  });

  test("the guide's adapter is loaded by name, as the guide shows", { timeout: 60_000 }, async () => {
    const [, shown = ""] = /^```js\n([^]*?)^```$/m.exec(readFileSync(GUIDE, "utf8")) ?? [];
    writeFileSync(`${consumer}/use.mjs`, `${shown}\nconsole.log(vectors.map((vector) => [...vector]));`);
    writeFileSync(
      `${consumer}/tern.mjs`,
      `process.env.TERN_API_KEY = "k";
       globalThis.fetch = async (_url, { body }) =>
         Response.json({ vectors: JSON.parse(body).texts.map((text) => [text.length]), billed_tokens: 1 });`,
    );
    expect(await bench.run(["--import", "./tern.mjs", "use.mjs"], "consumer")).toBe("[ [ 5 ], [ 8 ] ]\n");
  });
});
