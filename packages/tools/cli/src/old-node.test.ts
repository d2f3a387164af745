import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { oldNode } from "./old-node.ts";

test.each(["18.20.8", "20.11.0", "22.18.0"])("Node %s is refused in one line", (version) => {
  expect(oldNode(version)).toBe(
    `Expected Node 22.19 or newer, got ${version}. Install a newer one: https://nodejs.org.`,
  );
});

test.each(["22.19.0", "22.20.1", "24.0.0", process.versions.node])("Node %s is accepted", (version) => {
  expect(oldNode(version)).toBeUndefined();
});

test("the oldest Node is that of package.json", async () => {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  const { engines } = JSON.parse(text) as { readonly engines: { readonly node: string } };
  expect(oldNode("0.0.0")).toContain(`Expected Node ${engines.node.replace(">=", "")} or newer`);
});
