import { readFile } from "node:fs/promises";
import { runnable } from "@batchwise/core";
import { afterEach, expect, test, vi } from "vitest";
import { fileStore, withCache } from "./index.ts";
import { requireNode } from "./require-node.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each(["18.20.8", "20.11.0", "22.18.0"])("Node %s is refused in one line", (version) => {
  expect(() => requireNode(version)).toThrow(
    `Expected Node 22.19 or newer, got ${version}. Install a newer one: https://nodejs.org.`,
  );
});

test.each(["22.19.0", "22.20.1", "24.0.0", process.versions.node])("Node %s is accepted", (version) => {
  expect(() => requireNode(version)).not.toThrow();
});

test("the oldest Node is that of package.json", async () => {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  const { engines } = JSON.parse(text) as { readonly engines: { readonly node: string } };
  expect(() => requireNode("0.0.0")).toThrow(`Expected Node ${engines.node.replace(">=", "")} or newer`);
});

test("an old Node is refused at the first use", () => {
  vi.stubGlobal("process", Object.create(process, { versions: { value: { node: "20.11.0" } } }));
  expect(() => fileStore()).toThrow("Expected Node 22.19 or newer, got 20.11.0.");
  expect(() => withCache(runnable(String), { namespace: "n" })).toThrow("Expected Node 22.19 or newer, got 20.11.0.");
});
