import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";

/** Module of a worker. */
export interface Module {
  readonly type: "ESModule";
  readonly path: string;
  readonly contents: string;
}

/** Bundles the worker as a user's bundler would, with modules that are loaded on demand; the entry is the first. */
export async function bundle(define: Readonly<Record<string, string>>): Promise<Module[]> {
  const conditions = ["@batchwise/source", "workerd", "worker", "browser", "module", "production"];
  const built = await build({
    configFile: false,
    logLevel: "error",
    define: Object.fromEntries(Object.entries(define).map(([name, value]) => [name, JSON.stringify(value)])),
    build: {
      ssr: fileURLToPath(new URL("worker.ts", import.meta.url)),
      write: false,
      minify: true,
      rolldownOptions: { output: { format: "esm", codeSplitting: true } },
    },
    ssr: { target: "webworker", noExternal: true, resolve: { conditions } },
  });
  const { output } = built as Rolldown.RolldownOutput;
  const chunks = output.filter((each) => each.type === "chunk");
  const entry = chunks.find(({ isEntry }) => isEntry) as Rolldown.OutputChunk;
  // A chunk also exports what others need; what an entry of a worker exports must be handlers.
  const main = { fileName: "main.js", code: `export { default } from "./${entry.fileName}";` };
  return [main, ...chunks].map(({ fileName, code }) => ({ type: "ESModule", path: fileName, contents: code }));
}
