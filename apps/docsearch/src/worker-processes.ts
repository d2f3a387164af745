import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Options of a worker process. */
export interface WorkerOptions {
  /** Embedder, as JSON of a ProviderChoice. */
  readonly embedding: string;
  readonly version: string;
  readonly databaseURL: string;
}

/** Environment variable with the options: any user of a machine can see arguments. */
export const OPTIONS_VARIABLE = "DOCSEARCH_WORKER";

const MAIN = fileURLToPath(new URL("worker-main.ts", import.meta.url));

/** Processes that embed what is on the queue, for as long as this one lives. */
export class WorkerProcesses {
  readonly #children: readonly ChildProcess[];

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  static start(count: number, options: WorkerOptions): WorkerProcesses {
    const env = { ...process.env, [OPTIONS_VARIABLE]: JSON.stringify(options) };
    // The closing channel ends them, even when this process is killed.
    const children = Array.from({ length: count }, () =>
      fork(MAIN, { env, stdio: ["ignore", "ignore", "inherit", "ipc"] }),
    );
    return new WorkerProcesses(children);
  }

  /** Lets them finish their work, and waits for it. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, "exit");
        if (child.connected) child.disconnect();
        await ended;
      }),
    );
  }
}
