import { mkdir, symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./folder.ts";

/** Plugin whose vectors count letters, and whose scores count the query's words. */
export const LETTERS = `
import { ArgumentError, bulkRunnable, runnable } from "@batchwise/core";
const count = (text, letter) => text.toLowerCase().split(letter).length - 1;
export const adapters = [
  {
    name: "embeddings", kind: "embeddings", description: "Counts letters.",
    options: {
      type: "object", additionalProperties: false,
      properties: {
        letters: { type: "string", description: "Which.", default: "etaoinsr" },
        token: { type: "string", writeOnly: true, description: "A key." },
        length: { type: "integer", description: "A wrong one." },
      },
    },
    create: ({ letters = "etaoinsr", length = letters.length }, { purpose } = {}) => {
      if (letters === "") throw new ArgumentError("Expected at least one letter.");
      if (letters === "?") throw new TypeError("SECRET");
      return bulkRunnable(async (texts) => {
        globalThis.embeddedLetters?.push([purpose, ...texts]);
        return texts.map((text) => Float32Array.from({ length: text === "length" ? letters.length : length }, (_, at) => 1 + count(text, letters[at])));
      });
    },
  },
  {
    name: "words", kind: "rerank", description: "Counts words.",
    options: { type: "object", additionalProperties: false, properties: { broken: { type: "boolean" } } },
    create: ({ broken = false }) => runnable(({ query, documents }) => documents.map((text, index) => ({
      index: broken ? index + 100 : index,
      score: query.split(" ").filter((word) => text.includes(word)).length,
    }))),
  },
];
`;

/** Creates a project outside of this workspace, with plugins and this workspace's core. */
export async function projectWith(plugins: Readonly<Record<string, string>>, manifest: object = {}): Promise<string> {
  const files = Object.entries(plugins).flatMap(([name, code]) => {
    const described = {
      name,
      version: "1.0.0",
      type: "module",
      keywords: ["batchwise-adapter"],
      exports: "./index.js",
    };
    return [
      [`node_modules/${name}/package.json`, JSON.stringify({ ...described, ...manifest })],
      [`node_modules/${name}/index.js`, code],
    ] as const;
  });
  const root = await temporaryFolder({ "package.json": "{}", ...Object.fromEntries(files) });
  const scope = path.join(root, "node_modules", "@batchwise");
  await mkdir(scope, { recursive: true });
  const core = fileURLToPath(new URL("../../../../packages/core", import.meta.url));
  await symlink(core, path.join(scope, "core"), "junction");
  return root;
}
