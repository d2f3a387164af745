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
  #stderr = "";

  /** Starts the process; its errors call it `name`. */
  constructor(name: string, module: URL, { argument, flags = [], compileCache, env }: ChildOptions) {
    this.#name = name;
    this.#process = fork(module, [argument], {
      execArgv: [...NODE_FLAGS, ...flags],
      serialization: "advanced",
      stdio: ["inherit", "inherit", "pipe", "ipc"],
      env: { ...process.env, ...env, ...(compileCache !== undefined && { NODE_COMPILE_CACHE: compileCache }) },
    });
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    // What a process says that is not to answer any more is in no error.
    this.#process.once("close", () => this.#process.killed && process.stderr.write(this.#stderr));
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
   * @throws Error when the process ends instead, with its own message.
   */
  async answer<Answer>(): Promise<Answer> {
    const stop = new AbortController();
    // Not "exit": by "close", all of stderr has been read.
    const ended = once(this.#process, "close", { signal: stop.signal }).then(([code]) => {
      const end = `Expected the process of ${this.#name} to answer, got its end with ${code ?? "a signal"}.`;
      throw new Error(`${end}\n${this.#stderr}`.trimEnd());
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

  /** Ends the process. What it has written to stderr is then printed. */
  [Symbol.dispose](): void {
    this.#process.kill("SIGKILL");
  }
}
