import { type InstalledPlugin, listAdapters } from "@batchwise/plugins";
import { OWN_FOLDER, SHORT_NAMES } from "./adapters.ts";
import type { Console } from "./console.ts";
import { printTable } from "./table.ts";

/** Prints the adapters within reach of `workingFolder` and docsearch's own, as a table or as JSON. */
export async function listInstalled(console: Console, workingFolder: string, json: boolean): Promise<void> {
  const plugins = await listAdapters({ from: [workingFolder, OWN_FOLDER] });
  if (json) {
    console.result(JSON.stringify(plugins.map(shown), undefined, 2));
    return;
  }
  const rows = plugins.flatMap(({ package: name, adapters, error }) =>
    error === undefined
      ? adapters.map(({ name: adapter, kind, description }) => [`${name}#${adapter}`, kind, description])
      : [[name, "broken", error.message]],
  );
  printTable(console, { head: ["adapter", "kind", "what it does"], rows, align: "left" });
  console.result();
  for (const kind of ["embeddings", "rerank"] as const) {
    for (const [name, reference] of Object.entries(SHORT_NAMES[kind])) {
      console.result(`  ${kind === "rerank" ? "--rerank" : "--embed"} ${name} means ${reference}.`);
    }
  }
}

/** Plugin as JSON: without `create`, and with the error's message. */
function shown({ package: name, version, adapters, error }: InstalledPlugin): object {
  return {
    package: name,
    version,
    adapters: adapters.map(({ name: adapter, kind, description, key, options }) => ({
      name: `${name}#${adapter}`,
      kind,
      description,
      key,
      options,
    })),
    ...(error !== undefined && { error: error.message }),
  };
}
