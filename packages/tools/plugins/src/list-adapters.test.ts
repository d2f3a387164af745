import path from "node:path";
import { expect, test, vi } from "vitest";
import { ACME, pluginFiles, project } from "./fixtures/project.ts";
import { listAdapters } from "./index.ts";

// A safeguard, not a measure: modules are loaded, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

test("lists what is installed, by name; a broken package with its error, and the others unharmed", async () => {
  const from = await project({
    ...ACME,
    ...pluginFiles("@scope/broken", { code: "export const adapters = 1;" }),
    ...pluginFiles("throws", { code: "throw new Error('no');" }),
    ...pluginFiles("other", { code: "export const adapters = 1;", manifest: { keywords: ["batchwise"] } }),
    ...pluginFiles("odd", { code: "", manifest: { keywords: "batchwise-adapter" } }),
    "node_modules/torn/package.json": "{",
    "node_modules/.bin/tool": "",
  });
  const plugins = await listAdapters({ from });
  expect(
    plugins.map(({ package: name, version, adapters, error }) => [
      name,
      version,
      error?.message.slice(0, 62) ?? adapters.map((adapter) => [adapter.name, adapter.kind, adapter.description]),
    ]),
  ).toEqual([
    ["@scope/broken", "1.2.3", "Expected @scope/broken to export a valid list `adapters`, got "],
    [
      "acme",
      "1.2.3",
      [
        ["length", "embeddings", "Vectors of a text's length."],
        ["order", "rerank", "Leaves the order as it is."],
        ["sizes", "embeddings", "A second of that kind."],
      ],
    ],
    ["throws", "1.2.3", "Expected throws, which is installed, to be importable, got: it"],
  ]);
});

test("a workspace's package finds its dependencies above it, and is listed itself", async () => {
  const root = await project({
    ...ACME,
    ...pluginFiles("unasked", { code: "export const adapters = 1;" }),
    ...pluginFiles("own", {
      under: "packages",
      code: "export const adapters = 1;",
      manifest: { devDependencies: { acme: "*", missing: "*" } },
    }),
  });
  const plugins = await listAdapters({ from: path.join(root, "packages", "own", "lib") });
  expect(plugins.map((plugin) => plugin.package)).toEqual(["acme", "own"]);
});

test("of several places, the first that has a package counts", async () => {
  const newer = pluginFiles("acme", { code: "export const adapters = 1;", manifest: { version: "2.0.0" } });
  const from = [await project(ACME), await project({ ...newer, ...pluginFiles("more", { code: "" }) })];
  const plugins = await listAdapters({ from });
  expect(plugins.map((plugin) => [plugin.package, plugin.version])).toEqual([
    ["acme", "1.2.3"],
    ["more", "1.2.3"],
  ]);
});

test("nothing is listed when nothing is installed", async () => {
  expect(await listAdapters({ from: await project() })).toEqual([]);
});
