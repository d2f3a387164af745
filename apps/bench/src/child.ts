import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** How a process is started. */
export interface ChildOptions {
  /** Its only argument. */
  readonly argument: string;
  /** Flags of Node beside those that every bench process is started with. */
  readonly flags?: readonly string[];
  /** A folder in which Node keeps compiled modules. */
  readonly compileCache?: string;
  /** Variables of its environment beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

const NODE_FLAGS: readonly string[] = ["--expose-gc", "--conditions=@batchwise/source"];

/** A module in a process of its own, which answers one message after another until it is disposed of. */
export class Child implements Disposable {
  readonly #name: string;
  readonly #process: ChildProcess;

  /** Starts the process; `name` is what its errors call it. */
  constructor(name: string, module: URL, { argument, flags = [], compileCache, env }: ChildOptions) {
    this.#name = name;
    this.#process = fork(module, [argument], {
      execArgv: [...NODE_FLAGS, ...flags],
      serialization: "advanced",
      env: { ...process.env, ...env, ...(compileCache !== undefined && { NODE_COMPILE_CACHE: compileCache }) },
    });
  }

  /** Sends a message and waits for the answer. One at a time. Rejects as `answer` does. */
  async ask<Answer>(message: object): Promise<Answer> {
    const answer = this.answer<Answer>();
    // To a process that is ending nothing can be sent; `answer` tells of its end.
    this.#process.send(message, () => {});
    return answer;
  }

  /**
   * The next message from the process.
   *
   * @throws Error when the process ends instead; its own message is on stderr.
   */
  async answer<Answer>(): Promise<Answer> {
    const stop = new AbortController();
    const ended = once(this.#process, "exit", { signal: stop.signal }).then(([code]) => {
      throw new Error(`${this.#name}: its process was to answer, and ended with ${code ?? "a signal"}.`);
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
