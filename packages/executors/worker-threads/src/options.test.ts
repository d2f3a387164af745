import { availableParallelism } from "node:os";
import { ArgumentError } from "@batchwise/core";
import { describe, expect, it } from "vitest";
import { fixture } from "./fixtures/gate.ts";
import { fillOptions, type ThreadPoolOptions } from "./options.ts";
import { threadPool } from "./thread-pool.ts";

describe("options of threadPool", () => {
  it("have defaults", () => {
    expect(fillOptions({})).toMatchObject({
      threads: availableParallelism(),
      chunk: 1,
      graceMs: 100,
      transferInputs: false,
      transferOutputs: false,
    });
  });

  it.each<[keyof ThreadPoolOptions, unknown]>([
    ["threads", 0],
    ["threads", 1.5],
    ["threads", Number.POSITIVE_INFINITY],
    ["chunk", 0],
    ["chunk", "8"],
    ["graceMs", -1],
    ["graceMs", Number.NaN],
    ["workerData", { load: () => 1 }],
    ["transferInputs", "yes"],
    ["transferOutputs", 1],
    ["resourceLimits", { maxOldGenerationSizeMb: -1 }],
    ["resourceLimits", null],
    ["execArgv", "--enable-source-maps"],
    ["env", { KEY: 1 }],
    ["clock", {}],
  ])("%s: %j is refused when the pool is made, by name", (name, value) => {
    const make = (): unknown => threadPool(fixture("double.ts"), { [name]: value });
    expect(make).toThrow(`Expected \`${name}\` to be`);
    expect(make).toThrow(expect.toSatisfy((error) => ArgumentError.isInstance(error)));
  });

  it.each([
    ["thread", "Did you mean `threads`?"],
    ["chunkSize", "Did you mean `chunk`?"],
    ["transferInput", "Did you mean `transferInputs`?"],
    // Piscina's.
    ["filename", "Known: threads, chunk, "],
  ])("%s is refused, with the one that was meant", (name, hint) => {
    const options = { [name]: 2 } as ThreadPoolOptions;
    expect(() => threadPool(fixture("double.ts"), options)).toThrow(
      `Expected only options of threadPool, got \`${name}\`. ${hint}`,
    );
  });

  it("P35 a message never holds an option's value", () => {
    expect(() => fillOptions({ env: "sk-secret" } as unknown as ThreadPoolOptions)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("sk-secret") }),
    );
  });

  it("env and execArgv reach the threads", async () => {
    const source = "export default (name) => [process.env[name], process.execArgv.includes('--enable-source-maps')]";
    await using pool = threadPool<string, unknown>(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      threads: 1,
      env: { GREETING: "hello" },
      execArgv: ["--enable-source-maps"],
    });
    expect(await pool.invoke("GREETING")).toEqual(["hello", true]);
  });
});
