import { closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ArgumentError } from "@batchwise/core";
import { savedAtOf } from "../value-codec.ts";
import { fileFailure, openDatabase, whileBusy } from "./sqlite.ts";

/** Version of the tables. Files of the first one, of keys in hexadecimal and small pages, are used as they are. */
const SCHEMA_VERSION = 2;
const TEXT_KEYS_VERSION = 1;
/** "BWCH": marks the file as ours, so that another program's is left alone. */
const APPLICATION_ID = 0x42_57_43_48;

// Rows lie in the order in which they were saved. A page holds several vectors: of 4 kB it would be a quarter empty.
// `expires` comes before the value: it is read without what may fill pages behind it.
const SCHEMA = `
  CREATE TABLE entries (
    namespace TEXT NOT NULL,
    key ANY NOT NULL,
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

const PAGE_BYTES = 16_384;
/** Row after all others. */
const BEYOND = Number.MAX_SAFE_INTEGER;
const HASH = /^[\da-f]{64}$/;

interface Statements {
  readonly check: StatementSync;
  readonly count: StatementSync;
  readonly savedFrom: StatementSync;
  readonly lastRow: StatementSync;
  readonly skip: StatementSync;
  readonly deleteBefore: StatementSync;
  readonly deleteExpired: StatementSync;
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
  readonly version: number;
}

/** Use of a file. */
export interface FileUsage {
  readonly entries: number;
  /** Bytes of the file that hold something; the rest is used again. */
  readonly bytes: number;
  /** Times at which its results were saved, in milliseconds since 1970; undefined where it has none. */
  readonly oldest: number | undefined;
  readonly newest: number | undefined;
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

  /** Reads with one statement, which is a moment by itself. @throws ArgumentError that says what to do */
  readOnce<T>(work: (statements: Statements) => T): T {
    try {
      return work((this.#opened ??= this.#open()).statements);
    } catch (error) {
      throw fileFailure(this.#path, "read", error);
    }
  }

  /** A key as the file has it: 32 bytes for a hash. */
  keyOf(key: string): string | Uint8Array {
    const { version } = (this.#opened ??= this.#openOrFail());
    return version > TEXT_KEYS_VERSION && HASH.test(key) ? Buffer.from(key, "hex") : key;
  }

  usage(): FileUsage {
    return this.read((statements) => {
      const entries = countOf(statements);
      const last = Number(statements.lastRow.get()?.["rowid"] ?? 0);
      const [oldest, newest] = [0, last].map((rowid) => savedFrom(statements, rowid)?.savedAt);
      return { entries, bytes: this.#bytes(), oldest, newest };
    });
  }

  /** Rows before which all are older than a time, or so many that the rest fits into some bytes. */
  cutOf({ savedBefore = -Infinity, maxBytes = Infinity }: Limits): {
    readonly rowid: number;
    readonly entries: number;
  } {
    return this.read((statements) => {
      const entries = countOf(statements);
      const bytes = this.#bytes();
      const excess = bytes <= maxBytes ? 0 : Math.min(entries, Math.ceil((entries * (bytes - maxBytes)) / bytes));
      const rowid = Math.max(rowAfter(statements, excess), firstSavedAt(statements, savedBefore));
      return { rowid, entries: Number(statements.count.get(rowid)?.["entries"]) };
    });
  }

  /** Deletes rows before one, oldest first, at most so many at a time. Returns how many there were. */
  deleteBefore(rowid: number, most: number): number {
    return this.write(({ deleteBefore }) => Number(deleteBefore.run(rowid, most).changes));
  }

  deleteExpired(now: number, most: number): number {
    return this.write(({ deleteExpired }) => Number(deleteExpired.run(now, most).changes));
  }

  /** Gives free pages back to the disk: those at the end of a new file, or all by writing it anew. */
  shrink(isWhole: boolean): void {
    try {
      (this.#opened ??= this.#open()).database.exec(isWhole ? "VACUUM" : "PRAGMA incremental_vacuum");
    } catch (error) {
      throw fileFailure(this.#path, "written", error);
    }
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

  /** Bytes of pages that hold something. */
  #bytes(): number {
    const { database } = this.#opened as Opened;
    const pages = numberOf(database, "page_count") - numberOf(database, "freelist_count");
    return pages * numberOf(database, "page_size");
  }

  #openOrFail(): Opened {
    try {
      return this.#open();
    } catch (error) {
      throw fileFailure(this.#path, "read", error);
    }
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
      // Before anything is written: they hold for a new file alone.
      database.exec(`PRAGMA busy_timeout = ${Math.ceil(this.#busyTimeoutMs)}; PRAGMA page_size = ${PAGE_BYTES}`);
      if (numberOf(database, "page_count") === 0) database.exec("PRAGMA auto_vacuum = INCREMENTAL");
      // What is committed outlives the process; only a crash of the machine may cost the last few results.
      whileBusy(this.#busyTimeoutMs, () =>
        database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384"),
      );
      const version = whileBusy(this.#busyTimeoutMs, () => this.#prepareTables(database));
      if (this.#maxBytes < Infinity) {
        const pages = Math.floor(this.#maxBytes / numberOf(database, "page_size"));
        database.exec(`PRAGMA max_page_count = ${Math.max(1, pages)}`);
      }
      return { database, statements: statementsOf(database), version };
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Makes the tables where the file is new, and removes what has expired. Returns their version. */
  #prepareTables(database: DatabaseSync): number {
    database.exec("BEGIN IMMEDIATE");
    try {
      const version = numberOf(database, "user_version");
      if (version === 0 && numberOf(database, "application_id") === 0 && isEmpty(database)) database.exec(SCHEMA);
      else this.#requireOurs(numberOf(database, "application_id"), version);
      database.prepare("DELETE FROM entries WHERE expires <= ?").run(Date.now());
      database.exec("COMMIT");
      return version === 0 ? SCHEMA_VERSION : version;
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
    if (version !== SCHEMA_VERSION && version !== TEXT_KEYS_VERSION) {
      throw new ArgumentError(
        `Expected the cache file ${this.#path} to have version ${SCHEMA_VERSION} or older, got ${version}. ` +
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
    count: database.prepare("SELECT count(*) AS entries FROM entries WHERE rowid < ?"),
    savedFrom: database.prepare(
      "SELECT rowid, substr(value, 1, 9) AS head FROM entries WHERE rowid >= ? AND typeof(value) = 'blob' ORDER BY rowid LIMIT 1",
    ),
    lastRow: database.prepare("SELECT max(rowid) AS rowid FROM entries"),
    skip: database.prepare("SELECT rowid FROM entries ORDER BY rowid LIMIT 1 OFFSET ?"),
    deleteBefore: database.prepare(
      "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE rowid < ? ORDER BY rowid LIMIT ?)",
    ),
    deleteExpired: database.prepare(
      "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE expires <= ? LIMIT ?)",
    ),
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

/** Limits to keep. */
export interface Limits {
  readonly savedBefore?: number | undefined;
  readonly maxBytes?: number | undefined;
}

function countOf({ count }: Statements): number {
  return Number(count.get(BEYOND)?.["entries"]);
}

/** The row after so many of the oldest. */
function rowAfter({ skip }: Statements, entries: number): number {
  if (entries === 0) return 0;
  return Number(skip.get(entries)?.["rowid"] ?? BEYOND);
}

/** The first row that was saved at this time or later: rows lie in the order of their times. */
function firstSavedAt(statements: Statements, time: number): number {
  let low = 0;
  let high = Number(statements.lastRow.get()?.["rowid"] ?? 0) + 1;
  if (time === -Infinity) return low;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = savedFrom(statements, middle);
    if (row === undefined || row.rowid >= high || row.savedAt >= time) high = middle;
    else low = row.rowid + 1;
  }
  return low;
}

/** The first result from a row on, with the time at which it was saved. */
function savedFrom(
  { savedFrom: from }: Statements,
  rowid: number,
): { readonly rowid: number; readonly savedAt: number } | undefined {
  const row = from.get(rowid);
  const head = row?.["head"];
  return head instanceof Uint8Array ? { rowid: Number(row?.["rowid"]), savedAt: savedAtOf(head) } : undefined;
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}

type NumberPragma = "user_version" | "application_id" | "page_count" | "page_size" | "freelist_count";

function numberOf(database: DatabaseSync, pragma: NumberPragma): number {
  return (database.prepare(`PRAGMA ${pragma}`).get() as Record<string, number>)[pragma] ?? 0;
}
