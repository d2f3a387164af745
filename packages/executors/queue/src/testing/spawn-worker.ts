import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const CONDITIONS = process.env["BATCHWISE_TEST_DIST"] ? [] : ["--conditions=@batchwise/source"];

/** Worker in a process of its own. */
export interface WorkerProcess {
  readonly child: ChildProcess;
  /** Output so far. */
  output(): string;
  /** Resolves when it is at work. */
  readonly working: Promise<void>;
  /** Sends a signal and resolves to how it ended. */
  end(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Starts `batchwise-worker` with the counting worker. */
export function spawnWorker(url: string, ...flags: readonly string[]): WorkerProcess {
  const module = fileURLToPath(new URL("../fixtures/counting-worker.ts", import.meta.url));
  const child = spawn(process.execPath, [...CONDITIONS, MAIN, module, ...flags], {
    env: { ...process.env, DATABASE_URL: url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const working = new Promise<void>((resolve) => {
    const onText = (text: string): void => {
      output += text;
      if (output.includes("Working on")) resolve();
    };
    child.stdout?.setEncoding("utf8").on("data", onText);
    child.stderr?.setEncoding("utf8").on("data", onText);
    void exit.then(() => resolve());
  });
  return {
    child,
    output: () => output,
    working,
    async end(signal) {
      child.kill(signal);
      const [code, by] = await exit;
      return { code, signal: by };
    },
  };
}
