import type { Database, Queries } from "./database.ts";

/** Notices that wake waiters, in this process or another. A waiter also looks by itself now and then. */
export class Notices {
  readonly #database: Database;
  readonly #channel: string;
  readonly #listeners = new Map<string, Set<() => void>>();
  #close: (() => Promise<void>) | undefined;

  constructor(database: Database, schema: string) {
    this.#database = database;
    this.#channel = schema;
  }

  async open(): Promise<void> {
    this.#close = await this.#database.listen(
      this.#channel,
      (topic) => this.#notify(this.#listeners.get(topic)),
      () => {
        for (const listeners of this.#listeners.values()) this.#notify(listeners);
      },
    );
  }

  async close(): Promise<void> {
    await this.#close?.();
  }

  /** Calls `listener` at each notice of this topic, until the returned function is called. */
  on(topic: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(topic);
    };
  }

  /** Sent when the transaction is committed. */
  async send(topic: string, transaction: Queries): Promise<void> {
    await transaction.query("SELECT pg_notify($1, $2)", [this.#channel, topic]);
  }

  #notify(listeners: Iterable<() => void> | undefined): void {
    for (const listener of listeners ?? []) listener();
  }
}
