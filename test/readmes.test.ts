import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const readmes = globSync("packages/{*,*/*}/README.md", { cwd: ROOT }).map((file) => path.dirname(file));

/** Sections of a README, without what stands in blocks of code. */
function sectionsOf(text: string): { readonly title: string; readonly body: string }[] {
  const [, ...sections] = text.split(/^## (?=.*$)/m);
  return sections.map((section) => {
    const [title = ""] = section.split("\n", 1);
    return { title, body: section.slice(title.length) };
  });
}

test("there is a README for each package", () => {
  expect(readmes).toHaveLength(globSync("packages/{*,*/*}/package.json", { cwd: ROOT }).length);
});

test.for(readmes)("%s/README.md has the parts that all have, in their order", (folder) => {
  const text = readFileSync(path.join(ROOT, folder, "README.md"), "utf8");
  const { name, engines } = JSON.parse(readFileSync(path.join(ROOT, folder, "package.json"), "utf8")) as {
    readonly name: string;
    readonly engines: { readonly node: string };
  };
  expect(text).toMatch(new RegExp(`^# ${name}\\n\\n[^#\`|]`));
  expect(text).toContain(`Node ${engines.node.slice(">=".length)} or newer`);

  const sections = sectionsOf(text);
  // One is run without an installation.
  const first = name.startsWith("create-") ? [] : ["Install"];
  expect(sections.slice(0, first.length + 1).map(({ title }) => title)).toEqual([...first, "Use"]);
  const command = first.length > 0 ? "install" : "create";
  expect(sections[0]?.body).toMatch(new RegExp(`^\\n+\`\`\`sh\\nnpm ${command} .*${name.replace("create-", "")}\\b`));
  expect(sections[first.length]?.body).toMatch(/^```(ts|sh)$/m);

  const order = ["Options", "By name", "Errors"];
  const titles = sections.map(({ title }) => title).filter((title) => order.includes(title));
  expect(titles).toEqual(order.filter((title) => titles.includes(title)));
});
