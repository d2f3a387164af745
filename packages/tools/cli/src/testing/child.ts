import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** True where the built packages are tested. */
const isBuilt = process.env["BATCHWISE_TEST_DIST"] !== undefined;
/** Command as its users start it; from its sources unless the built packages are tested. */
export const COMMAND: readonly string[] = isBuilt
  ? [fileURLToPath(new URL("../../dist/bin.js", import.meta.url))]
  : ["--conditions=@batchwise/source", fileURLToPath(new URL("../bin.ts", import.meta.url))];

/** Process that runs the command. */
export interface Child {
  /** Sends a signal. */
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Stops reading its output. */
  readonly stopReading: () => void;
  /** Output so far. */
  readonly said: { stdout: string; stderr: string };
  /** Resolves to the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts the command in a folder, with a key and an address in its environment. */
export function startChild(folder: string, baseURL: string, argv: readonly string[]): Child {
  const child = spawn(process.execPath, [...COMMAND, ...argv], {
    cwd: folder,
    env: { ...process.env, OPENAI_API_KEY: "secret-key", OPENAI_BASE_URL: baseURL },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
  return {
    kill: (signal) => void child.kill(signal),
    stopReading: () => void child.stdout.destroy(),
    said,
    ended: once(child, "close").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals),
  };
}
