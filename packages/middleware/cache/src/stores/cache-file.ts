import { closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ArgumentError } from "@batchwise/core";
import { fileFailure, openDatabase, whileBusy } from "./sqlite.ts";

/** Version of the tables. */
const SCHEMA_VERSION = 1;
/** "BWCH": marks the file as ours, so that another program's is left alone. */
const APPLICATION_ID = 0x42_57_43_48;

// `expires` comes before the value: it is read without what may fill pages behind it.
const SCHEMA = `
  CREATE TABLE entries (
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    expires INTEGER,
    value ANY NOT NULL,
    PRIMARY KEY (namespace, key)
  ) STRICT;
  CREATE INDEX expiring ON entries (expires) WHERE expires IS NOT NULL;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Bytes of a file that is looked through as a whole: it takes about a second. */
const MOST_CHECKED = 256 * 1024 * 1024;
/** SQLite's code for a damaged file. */
const CORRUPT = 11;

interface Statements {
  readonly check: StatementSync;
  readonly get: StatementSync;
  readonly has: StatementSync;
  readonly set: StatementSync;
  readonly delete: StatementSync;
  readonly clear: StatementSync;
  readonly clearAll: StatementSync;
  readonly list: StatementSync;
}

/** An open file. */
interface Opened {
  readonly database: DatabaseSync;
  readonly statements: Statements;
}

/** The SQLite file of a cache. It is opened when it is first needed, and again after it was closed. */
export class CacheFile {
  readonly #path: string;
  readonly #busyTimeoutMs: number;
  readonly #maxBytes: number;
  #opened: Opened | undefined;

  constructor(path: string, busyTimeoutMs: number, maxBytes: number) {
    this.#path = path;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#maxBytes = maxBytes;
  }

  /** Reads, all of it at one moment of the file. @throws ArgumentError that says what to do */
  read<T>(work: (statements: Statements) => T): T {
    return this.#transact("read", "DEFERRED", work);
  }

  /** Writes all or nothing, however the process ends. @throws ArgumentError that says what to do */
  write<T>(work: (statements: Statements) => T): T {
    return this.#transact("written", "IMMEDIATE", work);
  }

  /** Looks through the file: all of it, or one that is large at the ends of its tables. @throws ArgumentError that says what to do */
  check(): void {
    this.read(({ check, get }) => {
      get.get("", "", 0);
      const { size } = statSync(this.#path);
      const problem = size > MOST_CHECKED ? undefined : Object.values(check.get() ?? {})[0];
      if (problem !== undefined && problem !== "ok")
        throw Object.assign(new Error(String(problem)), { errcode: CORRUPT });
    });
  }

  close(): void {
    this.#opened?.database.close();
    this.#opened = undefined;
  }

  #transact<T>(doing: "read" | "written", kind: "DEFERRED" | "IMMEDIATE", work: (statements: Statements) => T): T {
    try {
      this.#opened ??= this.#open();
      const { database, statements } = this.#opened;
      database.exec(`BEGIN ${kind}`);
      try {
        const result = work(statements);
        database.exec("COMMIT");
        return result;
      } catch (error) {
        rollBack(database);
        throw error;
      }
    } catch (error) {
      throw fileFailure(this.#path, doing, error);
    }
  }

  #open(): Opened {
    mkdirSync(dirname(this.#path), { recursive: true });
    // Results are their owner's. The files that SQLite puts beside it have the same mode.
    if (!existsSync(this.#path)) closeSync(openSync(this.#path, "a", 0o600));
    const database = openDatabase(this.#path);
    try {
      database.exec(`PRAGMA busy_timeout = ${Math.ceil(this.#busyTimeoutMs)}`);
      // What is committed outlives the process; only a crash of the machine may cost the last few results.
      whileBusy(this.#busyTimeoutMs, () => database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"));
      whileBusy(this.#busyTimeoutMs, () => this.#prepareTables(database));
      if (this.#maxBytes < Infinity) {
        const { page_size: size } = database.prepare("PRAGMA page_size").get() as { readonly page_size: number };
        database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(this.#maxBytes / size))}`);
      }
      return { database, statements: statementsOf(database) };
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Makes the tables where the file is new, and removes what has expired. */
  #prepareTables(database: DatabaseSync): void {
    database.exec("BEGIN IMMEDIATE");
    try {
      const version = numberOf(database, "user_version");
      if (version === 0 && numberOf(database, "application_id") === 0 && isEmpty(database)) database.exec(SCHEMA);
      else this.#requireOurs(numberOf(database, "application_id"), version);
      database.prepare("DELETE FROM entries WHERE expires <= ?").run(Date.now());
      database.exec("COMMIT");
    } catch (error) {
      rollBack(database);
      throw error;
    }
  }

  #requireOurs(applicationId: number, version: number): void {
    if (applicationId !== APPLICATION_ID) {
      throw new ArgumentError(
        `Expected ${this.#path} to be a cache file, got another program's database. Give fileStore a path of its own.`,
      );
    }
    if (version !== SCHEMA_VERSION) {
      throw new ArgumentError(
        `Expected the cache file ${this.#path} to have version ${SCHEMA_VERSION}, got ${version}. ` +
          "Update @batchwise/cache, or give fileStore another path.",
      );
    }
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // SQLite has done so itself, as it does when the disk is full.
  }
}

function statementsOf(database: DatabaseSync): Statements {
  const live = "namespace = ? AND key = ? AND (expires IS NULL OR expires > ?)";
  return {
    check: database.prepare("PRAGMA quick_check(1)"),
    get: database.prepare(`SELECT value FROM entries WHERE ${live}`),
    has: database.prepare(`SELECT 1 FROM entries WHERE ${live}`),
    set: database.prepare("INSERT OR REPLACE INTO entries (namespace, key, expires, value) VALUES (?, ?, ?, ?)"),
    delete: database.prepare("DELETE FROM entries WHERE namespace = ? AND key = ?"),
    clear: database.prepare("DELETE FROM entries WHERE namespace = ?"),
    clearAll: database.prepare("DELETE FROM entries"),
    list: database.prepare(
      "SELECT key, value FROM entries WHERE namespace = ? AND (expires IS NULL OR expires > ?) ORDER BY key",
    ),
  };
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}

function numberOf(database: DatabaseSync, pragma: "user_version" | "application_id"): number {
  return (database.prepare(`PRAGMA ${pragma}`).get() as Record<string, number>)[pragma] ?? 0;
}
