import { readFileSync, writeFileSync } from "node:fs";
import { runCommandLine } from "../cli.ts";
import type { Workbench } from "./workbench.ts";

/** Pages that are followed, by the names of the packages that they write. */
export const GUIDES: Readonly<Record<"batchwise-tern" | "batchwise-clio", URL>> = {
  "batchwise-tern": new URL("../../../../../docs/writing-an-adapter.md", import.meta.url),
  "batchwise-clio": new URL("../../../../../docs/writing-a-chat-adapter.md", import.meta.url),
};

/** Does on the bench what a page says, word for word, but for what needs a network. */
export async function followGuide(bench: Workbench, name: keyof typeof GUIDES): Promise<void> {
  for (const step of stepsIn(GUIDES[name])) {
    if (step.kind === "file") writeFileSync(bench.at(name, step.file), step.text);
    else if (step.kind === "change") bench.edit(`${name}/${step.file}`, step.before, step.after);
    else if (step.line === UPDATE) await bench.test([`${name}/src/readme.test.ts`], true);
    else if (step.line.startsWith(CREATE)) await create(step.line.slice(CREATE.length), bench.at(name));
  }
}

const UPDATE = "npx vitest run -u";
const CREATE = "npm create batchwise-adapter@latest ";

async function create(line: string, folder: string): Promise<void> {
  let said = "";
  const say = (text: string): void => {
    said += text;
  };
  // What stands after `--` is what npm hands on.
  const argv = line.split(/\s+/).filter((each) => each !== "--");
  const code = await runCommandLine([...argv, "--dir", folder], { out: say, error: say, terminal: undefined });
  if (code !== 0) throw new Error(`Expected the guide's command to succeed, got: ${said}`);
}

/** A change that a page tells its reader to make. */
type Step =
  | { readonly kind: "command"; readonly line: string }
  /** The whole text of a file. */
  | { readonly kind: "file"; readonly file: string; readonly text: string }
  /** Lines of a file, and what takes their place. */
  | { readonly kind: "change"; readonly file: string; readonly before: string; readonly after: string };

/**
 * Steps that a page tells its reader to take, in order: the lines of its `sh` blocks, the `ts` blocks that begin with a file's
 * name, and the `diff` blocks.
 */
function stepsIn(page: URL): readonly Step[] {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/^( *)```(sh|ts|diff)\n([^]*?)^\1```$/gm)].flatMap(([, , language, body = ""]) => {
    if (language === "sh") return commandsIn(body);
    return language === "ts" ? fileIn(body) : [changeIn(body)];
  });
}

function commandsIn(body: string): Step[] {
  const lines = body.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "").map((line) => ({ kind: "command", line }));
}

function fileIn(body: string): Step[] {
  const [, file, text = ""] = /^\/\/ (src\/\S+)\n([^]*)$/.exec(body) ?? [];
  return file === undefined ? [] : [{ kind: "file", file, text }];
}

function changeIn(body: string): Step {
  const [head = "", ...lines] = body.split("\n");
  const file = head.replace(/^--- /, "");
  const side = (mark: string): string =>
    lines
      .filter((line) => line.startsWith(mark) || line.startsWith(" "))
      .map((line) => `${line.slice(1)}\n`)
      .join("");
  return { kind: "change", file, before: side("-"), after: side("+") };
}
