import { systemClock } from "@batchwise/core";
import type { QueueEngine } from "../engine/queue-engine.ts";
import { NoWorkerError } from "../errors.ts";

/** Chunks wait, and no worker is there that takes them. */
export interface Waiting {
  /** Milliseconds since a worker was last there, or since the submitter began. */
  readonly waitedMs: number;
  /** Chunks that wait. */
  readonly chunks: number;
  /** Versions of the Runnable for which there are workers. */
  readonly otherVersions: readonly string[];
}

/** How long a worker counts as there after its last sign, in seconds. It gives one every 5. */
const ALIVE_SECONDS = 20;

/** What a watch goes by. */
export interface WatchSettings {
  readonly engine: QueueEngine;
  readonly name: string;
  readonly version: string;
  readonly noWorkerMs: number;
  readonly onWaiting: ((waiting: Waiting) => void) | undefined;
}

/** Looks whether anybody is there who does the work. */
export class WorkerWatch {
  readonly #settings: WatchSettings;
  #seenAt: number | undefined;

  constructor(settings: WatchSettings) {
    this.#settings = settings;
  }

  /** Returns an error once there has been no worker for too long. */
  async look(chunks: number): Promise<NoWorkerError | undefined> {
    const { engine, name, version, noWorkerMs, onWaiting } = this.#settings;
    const rows = await engine.run(({ database, schema }) =>
      database.query<{ version: string }>(
        `SELECT DISTINCT version FROM ${schema}.workers
          WHERE name = $1 AND seen_at > now() - interval '${ALIVE_SECONDS} s' ORDER BY version`,
        [name],
      ),
    );
    const versions = rows.map((row) => row.version);
    const now = systemClock.now();
    this.#seenAt ??= now;
    if (versions.includes(version)) {
      this.#seenAt = now;
      return undefined;
    }
    const waitedMs = now - this.#seenAt;
    onWaiting?.({ waitedMs, chunks, otherVersions: versions });
    if (waitedMs < noWorkerMs) return undefined;
    const others =
      versions.length === 0 ? "none of any version is there" : `there are workers of ${versions.join(", ")}`;
    return new NoWorkerError(
      `No worker has been there for "${name}" in version ${version} for ${Math.round(waitedMs / 1000)} s; ${others}. ` +
        "Start one with createWorker or batchwise-worker, or raise noWorkerMs.",
    );
  }
}
