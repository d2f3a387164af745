import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ArgumentError } from "@batchwise/core";
import { describe, expect, it } from "vitest";
import { fixture } from "./fixtures/gate.ts";
import { ENTRY, resolveWorker, threadFlags } from "./worker-module.ts";

describe("resolveWorker", () => {
  it("takes the file that exists", () => {
    expect(resolveWorker(fixture("double.ts")).href).toBe(fixture("double.ts").href);
  });

  it("finds the source of a built name, and the built file of a source's name", () => {
    expect(resolveWorker(fixture("double.js")).href).toBe(fixture("double.ts").href);
    expect(resolveWorker(fixture("built.ts")).href).toBe(fixture("built.js").href);
  });

  it("says where it looked and what to do when neither exists", () => {
    expect(() => resolveWorker(fixture("gone.js"))).toThrow(
      /gone\.js or .*gone\.ts, got no such file\. Write the path relative/,
    );
    expect(() => resolveWorker(fixture("gone.wasm"))).toThrow(
      /^Expected a worker module at .*gone\.wasm, got no such file\. /,
    );
  });

  it.each(["./work.js", undefined, new URL("https://example.com/work.js")])("refuses %s", (worker) => {
    expect(() => resolveWorker(worker as URL)).toThrow(
      expect.toSatisfy((error) => ArgumentError.isInstance(error) && error.message.includes("import.meta.url")),
    );
  });
});

describe("threadFlags", () => {
  it("adds the source condition to a thread that runs from the sources, once", () => {
    expect(ENTRY.endsWith("worker.ts")).toBe(true);
    expect(threadFlags(["--enable-source-maps"])).toEqual(["--enable-source-maps", "--conditions=@batchwise/source"]);
    expect(threadFlags(["--conditions=@batchwise/source"])).toEqual(["--conditions=@batchwise/source"]);
  });
});

it("idle threads do not keep a process alive that never closes its pool", async () => {
  const program = fileURLToPath(fixture("leaves-open.ts"));
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=@batchwise/source", program]);
  expect(stdout).toBe("[ 2, 4 ]\n");
});
