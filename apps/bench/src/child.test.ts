import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { Child } from "./child.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bench-child-"));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => void vi.restoreAllMocks());

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

test("the message of a process that fails is in the error, and not on this process's stderr", async () => {
  const printed = vi.spyOn(process.stderr, "write");
  const module = await moduleOf("failing", `console.error("a warning"); throw new Error("No bread.");`);
  using child = new Child("failing", module, { argument: "" });
  await expect(child.answer()).rejects.toThrow(/ got its end with 1\.\na warning\n[^]*Error: No bread\./);
  child[Symbol.dispose]();
  expect(printed).not.toHaveBeenCalled();
});

test("a warning of a process that answers is printed when it has ended", async () => {
  const printed = new Promise<unknown>((resolve) => {
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      resolve(text);
      return true;
    });
  });
  const module = await moduleOf("warning", `console.error("a warning"); process.send("done");`);
  using child = new Child("warning", module, { argument: "" });
  expect(await child.answer()).toBe("done");
  child[Symbol.dispose]();
  expect(await printed).toBe("a warning\n");
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
