import type { Readable } from "node:stream";
import { Miniflare } from "miniflare";
import type { Module } from "./bundle.ts";

/** Settings of the runtime that a worker may live with. */
interface World {
  readonly compatibilityDate: string;
  readonly compatibilityFlags?: string[];
}

/**
 * Worlds that a worker may live in. With the date it changes what a promise of one request is in another
 * (`handle_cross_request_promise_resolution`, 2024-10-14), and that there is a `WeakRef` (2025-05-05):
 * https://developers.cloudflare.com/workers/configuration/compatibility-flags/.
 */
const WORLDS: Readonly<Record<string, World>> = {
  current: { compatibilityDate: "2026-07-01" },
  "current with nodejs_compat": { compatibilityDate: "2026-07-01", compatibilityFlags: ["nodejs_compat"] },
  old: { compatibilityDate: "2023-05-18" },
  "old with nodejs_compat": { compatibilityDate: "2023-05-18", compatibilityFlags: ["nodejs_compat"] },
};
export const ALL: readonly string[] = Object.keys(WORLDS);

/** Isolates of one worker in several worlds, each of which has not served a request yet. */
export class Isolates implements AsyncDisposable {
  readonly #server: Miniflare;

  private constructor(server: Miniflare) {
    this.#server = server;
  }

  /** @throws Error where workerd does not run */
  static async start(modules: readonly Module[], worlds: readonly string[] = ALL): Promise<Isolates> {
    const workers = worlds.map((name) => {
      const sockets = { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] };
      return { name, ...WORLDS[name], ...sockets, modules: [...modules], modulesRoot: "." };
    });
    const server = new Miniflare({
      cf: false,
      telemetry: { enabled: false },
      // It tells of requests that a test breaks off, and warns of what the answers show.
      handleRuntimeStdio(...streams: readonly Readable[]) {
        for (const each of streams) each.resume();
      },
      workers: workers as [(typeof workers)[0]],
    });
    try {
      await server.ready;
      return new Isolates(server);
    } catch (cause) {
      const message =
        `Expected Cloudflare's workerd to run here (${process.platform}, ${process.arch}), got an error, in \`cause\`. ` +
        "Run this on Linux or macOS, x64 or arm64, or on Windows, x64.";
      throw new Error(message, { cause });
    }
  }

  /** Posts a request straight to one world's worker. Resolves to its answer, or to the text of its failure. */
  async ask(world: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    const url = await this.#server.unsafeGetDirectURL(world);
    const response = await fetch(url, { method: "POST", body: JSON.stringify(body), signal });
    const text = await response.text();
    return response.ok ? JSON.parse(text) : `${response.status} ${text}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.dispose();
  }
}
