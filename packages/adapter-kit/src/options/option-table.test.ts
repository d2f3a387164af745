import { expect, test } from "vitest";
import type { OptionGroup } from "./declaration.ts";
import { optionTable, withOptionTables } from "./option-table.ts";

const GROUP: OptionGroup = {
  model: { type: "string", required: true, description: "the model" },
  timeoutMs: { type: "number", default: 600_000, description: "milliseconds of one call" },
  retry: { type: "object", default: { attempts: 6 }, description: "how often" },
  truncate: { type: "string", default: "END", description: "what is left out" },
  dimensions: { type: "integer", otherwise: "the model's own", description: "length of a vector" },
  user: { type: "string", description: "an id" },
};

const TABLE = [
  "| option       | default           | what it is               |",
  "| ------------ | ----------------- | ------------------------ |",
  "| `model`      | none: give one    | the model                |",
  "| `timeoutMs`  | 600,000           | milliseconds of one call |",
  "| `retry`      | `{ attempts: 6 }` | how often                |",
  '| `truncate`   | `"END"`           | what is left out         |',
  "| `dimensions` | the model's own   | length of a vector       |",
  "| `user`       |                   | an id                    |",
  "",
].join("\n");

test("a table has a row for each option, in columns as wide as their longest cells", () => {
  expect(optionTable(GROUP)).toBe(TABLE);
});

test("tables of a README are replaced by what the declarations say; the rest stays", () => {
  const readme = "# Tern\n\n<!-- options: all -->\n\nold\n<!-- /options -->\n\nThe end.\n";
  const changed = withOptionTables(readme, { all: GROUP });
  expect(changed).toBe(`# Tern\n\n<!-- options: all -->\n\n${optionTable(GROUP)}\n<!-- /options -->\n\nThe end.\n`);
  expect(withOptionTables(changed, { all: GROUP })).toBe(changed);
  expect(() => withOptionTables("# Tern\n", { all: GROUP })).toThrow('a table of options "all" in the README');
});

test("options that stand in the shared table stand in no other", () => {
  const readme = ["shared", "own"].map((name) => `<!-- options: ${name} -->\n\n<!-- /options -->\n`).join("\n");
  const [, shared = "", own = ""] = withOptionTables(readme, {
    shared: { user: GROUP["user"]! },
    own: GROUP,
  }).split("<!-- options");
  expect([shared.includes("`user`"), own.includes("`user`"), own.includes("`model`")]).toEqual([true, false, true]);
});
