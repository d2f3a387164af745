import { pluginFolder } from "./plugin.ts";
import { runHere } from "./run-here.ts";
import { type Row, rowsOf } from "./workbench.ts";

/** Run of the command, with an adapter that answers each text with itself. */
export interface Echoed {
  readonly code: number | NodeJS.Signals;
  readonly rows: readonly Row[];
  /** Text of each row that was sent, or its error's message. */
  readonly texts: readonly unknown[];
  readonly stderr: string;
}

/** Runs `batchwise run` over files in a folder of their own. */
export async function echo(
  files: Readonly<Record<string, string | Uint8Array>>,
  ...argv: readonly string[]
): Promise<Echoed> {
  return echoIn(await echoFolder(files), ...argv);
}

/** Runs `batchwise run` in a folder of `echoFolder`, in this process, with nothing on standard input. */
export async function echoIn(folder: string, ...argv: readonly string[]): Promise<Echoed> {
  const { ended, said } = runHere(folder, "http://127.0.0.1:9", ["run", "acme-echo", ...argv]);
  const code = await ended;
  const rows = rowsOf(said.stdout);
  return { code, rows, texts: rows.map(({ output, error }) => output ?? error?.message), stderr: said.stderr };
}

/** Makes a folder with these files and the adapter. */
export async function echoFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  return pluginFolder("acme-echo", ADAPTER, files);
}

const ADAPTER = `
import { bulkRunnable } from "@batchwise/core";
export const adapters = [
  {
    name: "echo", kind: "chat", description: "Answers a text with itself.", limits: { maxInputs: 100 },
    options: { type: "object", properties: {} },
    create: () => bulkRunnable(async (texts) => texts, { request: { maxInputs: 100 } }),
  },
];
`;
