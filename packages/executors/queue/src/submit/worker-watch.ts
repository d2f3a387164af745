import { systemClock } from "@batchwise/core";
import type { QueueBackend } from "../backend/queue-backend.ts";
import { NoWorkerError } from "../errors.ts";

/** State of chunks that wait without a worker that takes them. */
export interface Waiting {
  /** Milliseconds since a worker was last seen, or since the submitter began. */
  readonly waitedMs: number;
  /** Chunks that wait. */
  readonly chunks: number;
  /** Versions of the Runnable that have workers. */
  readonly otherVersions: readonly string[];
}

/** Seconds that a worker counts as active after its last heartbeat. It sends one every 5. */
const ALIVE_SECONDS = 20;

/** Settings of a watch. */
export interface WatchSettings {
  readonly backend: QueueBackend;
  readonly name: string;
  readonly version: string;
  readonly noWorkerMs: number;
  readonly onWaiting: ((waiting: Waiting) => void) | undefined;
}

/** Watch over the workers of a Runnable. */
export class WorkerWatch {
  readonly #settings: WatchSettings;
  #seenAt: number | undefined;

  constructor(settings: WatchSettings) {
    this.#settings = settings;
  }

  /** Returns an error once there has been no worker for `noWorkerMs`. */
  async check(chunks: number): Promise<NoWorkerError | undefined> {
    const { backend, name, version, noWorkerMs, onWaiting } = this.#settings;
    const rows = await backend.run(({ database, schema }) =>
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
    const others = versions.length === 0 ? "none" : `only workers of ${versions.join(", ")}`;
    return new NoWorkerError(
      `Expected a worker for "${name}" in version ${version} within ${Math.round(waitedMs / 1000)} s, got ${others}. ` +
        "Start one with createWorker or batchwise-worker, or raise noWorkerMs.",
    );
  }
}
