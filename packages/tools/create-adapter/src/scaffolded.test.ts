import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { failureOf, laws } from "@batchwise/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ScaffoldOptions } from "./options.ts";
import { scaffold } from "./scaffold.ts";
import { filesForNpm } from "./testing/files-for-npm.ts";
import { followGuide, GUIDES } from "./testing/guide.ts";
import { inWorkspace, type TestResult, TSDOWN, Workbench } from "./testing/workbench.ts";

/** Scaffolded packages, by their folders. */
const SHAPES: Readonly<Record<string, Pick<ScaffoldOptions, "strategy" | "kind">>> = {
  bulk: { strategy: "bulk" },
  concurrent: { strategy: "concurrent" },
  rerank: { kind: "rerank" },
  both: { strategy: "both" },
};

/** Scaffolded packages whose call to the provider has been deleted. */
const WITHOUT_CALL = {
  "embeddings-without-call": { strategy: "bulk", file: "src/embeddings.ts", answer: "EmbeddingsAnswer" },
  "chat-without-call": { strategy: "concurrent", file: "src/chat.ts", answer: "ChatAnswer" },
  "rerank-without-call": { kind: "rerank", file: "src/rerank.ts", answer: "RerankAnswer" },
} as const;

/** Adapters that pages of the documentation write. */
const TERN = "batchwise-tern";
const CLIO = "batchwise-clio";

/** What changes limits, and with them the README's tables. */
const OTHERS = {
  baseURL: "https://api.acme.example/a/long/path",
  maxConcurrency: 1200,
  requestsPerMinute: 30,
} as const;

const LAWS = laws.map((law) => `${law.number} ${law.title}`);

/** Packages whose tests all pass. */
const WHOLE: readonly string[] = [...Object.keys(SHAPES), TERN, CLIO];

const bench = new Workbench();
let results: readonly TestResult[] = [];

beforeAll(async () => {
  for (const [name, shape] of Object.entries(SHAPES)) {
    scaffold({ name: `batchwise-acme-${name}`, ...shape, ...OTHERS, dir: bench.at(name) });
  }
  for (const [name, { file, answer, ...shape }] of Object.entries(WITHOUT_CALL)) {
    scaffold({ name, ...shape, dir: bench.at(name) });
    bench.edit(`${name}/${file}`, new RegExp(`await postJson<${answer}>\\([^]*?\\);`), `{} as Partial<${answer}>;`);
  }
  await followGuide(bench, TERN);
  await followGuide(bench, CLIO);
  const whole = WHOLE.map((name) => `${name}/src/**/*.test.ts`);
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

test.for(WHOLE)("%s: every test passes, and none is skipped", (name) => {
  expect(resultsOf(name).filter((each) => each.status !== "passed")).toEqual([]);
  expect(new Set(resultsOf(name).map((each) => each.file)).size).toBe(name === "both" ? 8 : 7);
});

test.for(WHOLE)("%s: every law is checked, for each Runnable", (name) => {
  const expected = name === "both" ? [...LAWS, ...LAWS] : LAWS;
  expect(titlesOf(name, "src/conformance.test.ts").toSorted()).toEqual(expected.toSorted());
});

test.for(Object.keys(WITHOUT_CALL))("%s: the laws fail", (name) => {
  const failed = resultsOf(name, "src/conformance.test.ts").filter((each) => each.status === "failed");
  const numbers = failed.map((each) => each.title.split(" ")[0]);
  // It makes no call and gives errors, which laws that speak of neither outputs nor calls allow.
  expect(numbers).toEqual(expect.arrayContaining(["L1", "L2", "L4", "L5", "L6", "L8", "L10", "L13", "L14"]));
});

test("on a Node that is too old, `npm test` says so in one line", async () => {
  const { scripts } = JSON.parse(readFileSync(bench.at("bulk/package.json"), "utf8")) as { scripts: object };
  expect(scripts).toMatchObject({ pretest: "node check-node.js", test: "vitest run" });
  expect(await bench.run(["check-node.js"], "bulk")).toBe("");
  for (const version of ["v20.19.0", "v22.17.1"]) {
    const pretend = `data:text/javascript,Object.defineProperty(process, "version", { value: "${version}" })`;
    const { message } = await failureOf(bench.run(["--import", pretend, "check-node.js"], "bulk"));
    const [, ...said] = (message as string).trim().split("\n");
    expect(said).toEqual([`Expected Node 22.18 or newer, got ${version}. Install a newer one, and run this again.`]);
  }
});

test("all type-check by their own configuration", { timeout: 120_000 }, async () => {
  await expect(bench.typecheck(WHOLE)).resolves.toBeUndefined();
});

test("the guides leave nothing to be done but what only an author can know", () => {
  const read = (file: string): string => readFileSync(bench.at(TERN, `src/${file}.ts`), "utf8");
  expect(read("limits")).toContain("MAX_INPUTS = 64;");
  expect(read("limits")).toContain("REQUESTS_PER_MINUTE: number | undefined = 600;");
  const left = ["embeddings", "embeddings.test", "fixtures/serve-embeddings", "readme.test"].filter((file) =>
    read(file).includes("TODO"),
  );
  expect(left).toEqual([]);
  const files = globSync("src/**/*.ts", { cwd: bench.at(CLIO) });
  expect(files.filter((file) => readFileSync(bench.at(CLIO, file), "utf8").includes("TODO"))).toEqual([
    path.join("src", "limits.ts"),
  ]);
});

describe("built", () => {
  const consumer = bench.at("consumer");

  beforeAll(async () => {
    mkdirSync(`${consumer}/node_modules/@batchwise`, { recursive: true });
    const plugins = inWorkspace("packages/tools/plugins");
    symlinkSync(plugins, `${consumer}/node_modules/@batchwise/plugins`, "junction");
    await Promise.all(WHOLE.map((folder) => bench.run([TSDOWN], folder)));
    symlinkSync(bench.at("both"), `${consumer}/node_modules/batchwise-acme-both`, "junction");
    symlinkSync(bench.at(TERN), `${consumer}/node_modules/${TERN}`, "junction");
  }, 240_000);

  test("their files for npm are all there, and nothing else", { timeout: 120_000 }, async () => {
    const expected = ["dist/index.js", "dist/index.d.ts", "package.json", "README.md", "LICENSE", "src/index.ts"];
    for (const files of await Promise.all(Object.keys(SHAPES).map((name) => filesForNpm(bench.at(name))))) {
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
    const [, shown = ""] = /^```js\n([^]*?)^```$/m.exec(readFileSync(GUIDES[TERN], "utf8")) ?? [];
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
