import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What a worker process is told. */
export interface WorkerOrder {
  /** Which embedder, as JSON of a ProviderChoice. */
  readonly embedding: string;
  readonly version: string;
  readonly databaseURL: string;
}

/** By this name the order stands in the environment: arguments can be seen by everybody on a machine. */
export const ORDER = "DOCSEARCH_WORKER";

const MAIN = fileURLToPath(new URL("worker-main.ts", import.meta.url));

/** Processes that embed what lies on the queue, for as long as this one lives. */
export class WorkerProcesses {
  readonly #children: readonly ChildProcess[];

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  static start(count: number, order: WorkerOrder): WorkerProcesses {
    const env = { ...process.env, [ORDER]: JSON.stringify(order) };
    // A process of its own is told of the end by the channel that closes, also when this one is killed.
    const children = Array.from({ length: count }, () =>
      fork(MAIN, { env, stdio: ["ignore", "ignore", "inherit", "ipc"] }),
    );
    return new WorkerProcesses(children);
  }

  /** Lets them finish what they have, and waits for it. */
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
