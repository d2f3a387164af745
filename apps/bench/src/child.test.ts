import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Child } from "./child.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bench-child-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function moduleOf(name: string, code: string): Promise<URL> {
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, code);
  return pathToFileURL(file);
}

test("a process gets its argument, and answers one message after another with values as they are", async () => {
  const module = await moduleOf(
    "doubling",
    `process.on("message", ({ number }) => process.send(Float32Array.of(number * 2)));
     process.send(process.argv[2]);`,
  );
  using child = new Child("doubling", module, { argument: "hello" });
  expect(await child.answer()).toBe("hello");
  expect(await child.ask({ number: 1.5 })).toEqual(Float32Array.of(3));
  expect(await child.ask({ number: Number.NaN })).toEqual(Float32Array.of(Number.NaN));
});

test("a process that ends without an answer is an error that names it and its code", async () => {
  const module = await moduleOf("ending", `process.on("message", () => process.exit(3)); process.send("ready");`);
  using child = new Child("ending", module, { argument: "" });
  await child.answer();
  await expect(child.ask({})).rejects.toThrow("Expected the process of ending to answer, got its end with 3.");
});

test("a process has the variables that it is given", async () => {
  const module = await moduleOf("variables", `process.send(process.env.BENCH_TEST); process.disconnect();`);
  using child = new Child("variables", module, { argument: "", env: { BENCH_TEST: "given" } });
  expect(await child.answer()).toBe("given");
});

test("a process can collect garbage on demand", async () => {
  const module = await moduleOf("collecting", `process.send(typeof globalThis.gc); process.disconnect();`);
  using child = new Child("collecting", module, { argument: "" });
  expect(await child.answer()).toBe("function");
});
