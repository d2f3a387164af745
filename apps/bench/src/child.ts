import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** Options of a process. */
export interface ChildOptions {
  /** Only argument of the process. */
  readonly argument: string;
  /** Flags of Node besides those of every bench process. */
  readonly flags?: readonly string[];
  /** Folder in which Node keeps compiled modules. */
  readonly compileCache?: string;
  /** Environment variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

const NODE_FLAGS: readonly string[] = ["--expose-gc", "--conditions=@batchwise/source"];

/** Module in its own process, which answers one message after another until it is disposed of. */
export class Child implements Disposable {
  readonly #name: string;
  readonly #process: ChildProcess;

  /** Starts the process; its errors call it `name`. */
  constructor(name: string, module: URL, { argument, flags = [], compileCache, env }: ChildOptions) {
    this.#name = name;
    this.#process = fork(module, [argument], {
      execArgv: [...NODE_FLAGS, ...flags],
      serialization: "advanced",
      env: { ...process.env, ...env, ...(compileCache !== undefined && { NODE_COMPILE_CACHE: compileCache }) },
    });
  }

  /** Sends a message and waits for the answer, one at a time. Rejects as `answer` does. */
  async ask<Answer>(message: object): Promise<Answer> {
    const answer = this.answer<Answer>();
    // Sending to a process that is ending fails; `answer` reports its end.
    this.#process.send(message, () => {});
    return answer;
  }

  /**
   * Resolves to the next message from the process.
   *
   * @throws Error when the process ends instead; its own message is on stderr.
   */
  async answer<Answer>(): Promise<Answer> {
    const stop = new AbortController();
    const ended = once(this.#process, "exit", { signal: stop.signal }).then(([code]) => {
      throw new Error(`Expected the process of ${this.#name} to answer, got its end with ${code ?? "a signal"}.`);
    });
    try {
      const message = once(this.#process, "message", { signal: stop.signal });
      message.catch(() => {});
      return ((await Promise.race([message, ended])) as [Answer])[0];
    } finally {
      stop.abort();
      ended.catch(() => {});
    }
  }

  [Symbol.dispose](): void {
    this.#process.kill("SIGKILL");
  }
}
