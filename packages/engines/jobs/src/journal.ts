import { JobStoreError } from "./errors.ts";
import type { JobStore, OpenJobStore } from "./store.ts";

/** A job that was going to be created and, where it has an id, was. */
export interface JobEntry {
  /** Unique; the provider keeps it beside the job. */
  readonly tag: string;
  /** Hash of what the job is asked: who, and every line. */
  readonly key: string;
  /** The provider's. Without one it is not known whether the job was created. */
  readonly id: string | undefined;
}

const SCHEMA = 1;

/** A line of the journal. */
type JournalRecord =
  | { readonly schema: number }
  | { readonly intent: string; readonly key: string }
  | { readonly created: string; readonly id: string }
  | { readonly dropped: readonly string[] }
  | { readonly split: string };

/** What is known of the jobs of earlier and of running batches. Every change is in the store before it is believed. */
export class Journal {
  readonly #store: OpenJobStore;
  /** By tag, in the order in which they were made. */
  readonly #entries = new Map<string, MutableEntry>();
  readonly #split = new Set<string>();

  private constructor(store: OpenJobStore) {
    this.#store = store;
  }

  /**
   * Takes the store and reads it.
   *
   * @throws JobStoreError where it is held by another, damaged, or written by a newer version
   */
  static async open(store: JobStore): Promise<Journal> {
    const opened = await store.open();
    try {
      const journal = new Journal(opened);
      for (const [index, text] of opened.records.entries()) journal.#read(parse(text, index));
      if (opened.records.length === 0) await opened.append(JSON.stringify({ schema: SCHEMA }));
      return journal;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** The first job with this key that no running batch has taken. It is taken then. */
  claim(key: string): JobEntry | undefined {
    for (const entry of this.#entries.values()) {
      if (entry.key !== key || entry.taken) continue;
      entry.taken = true;
      return entry;
    }
    return undefined;
  }

  /** Notes down, and takes, a job that is going to be created. */
  async intend(key: string, tag: string): Promise<JobEntry> {
    await this.#append({ intent: tag, key });
    const entry: MutableEntry = { tag, key, id: undefined, taken: true };
    this.#entries.set(tag, entry);
    return entry;
  }

  /** Notes down that a job was created. */
  async created({ tag }: JobEntry, id: string): Promise<void> {
    const entry = this.#entries.get(tag);
    if (entry !== undefined) entry.id = id;
    await this.#append({ created: tag, id });
  }

  /** Lets another batch, or a further try, have a job. */
  release({ tag }: JobEntry): void {
    const entry = this.#entries.get(tag);
    if (entry !== undefined) entry.taken = false;
  }

  /** Forgets jobs: what they brought has been handed over, or they brought nothing. */
  async drop(entries: Iterable<JobEntry>): Promise<void> {
    const tags = [...entries].map((entry) => entry.tag).filter((tag) => this.#entries.has(tag));
    if (tags.length === 0) return;
    await this.#append({ dropped: tags });
    for (const tag of tags) this.#entries.delete(tag);
  }

  /** Notes down that the provider has no room for a job as large as this one: it goes in parts, now and after a crash. */
  async split(key: string): Promise<void> {
    await this.#append({ split: key });
    this.#split.add(key);
  }

  isSplit(key: string): boolean {
    return this.#split.has(key);
  }

  /** Lets others have the store, with nothing in it but the jobs that are left. */
  async close(): Promise<void> {
    try {
      await this.#store.replace(this.#left());
    } finally {
      await this.#store.close();
    }
  }

  #left(): string[] {
    const records: JournalRecord[] = [{ schema: SCHEMA }];
    for (const { tag, key, id } of this.#entries.values()) {
      records.push({ intent: tag, key });
      if (id !== undefined) records.push({ created: tag, id });
    }
    // A job that went in parts is asked for again only while there are such.
    if (this.#entries.size > 0) for (const key of this.#split) records.push({ split: key });
    return records.map((record) => JSON.stringify(record));
  }

  #read(record: JournalRecord): void {
    if ("schema" in record) requireKnown(record.schema);
    else if ("intent" in record) {
      this.#entries.set(record.intent, { tag: record.intent, key: record.key, id: undefined, taken: false });
    } else if ("created" in record) {
      const entry = this.#entries.get(record.created);
      if (entry !== undefined) entry.id = record.id;
    } else if ("split" in record) this.#split.add(record.split);
    else for (const tag of record.dropped) this.#entries.delete(tag);
  }

  #append(record: JournalRecord): Promise<void> {
    return this.#store.append(JSON.stringify(record));
  }
}

interface MutableEntry extends JobEntry {
  id: string | undefined;
  /** Whether a running batch has it. */
  taken: boolean;
}

function parse(text: string, index: number): JournalRecord {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && KINDS.some((kind) => kind in value))
      return value as JournalRecord;
  } catch {
    // It is told below, without what the line holds.
  }
  throw new JobStoreError(
    `Record ${index + 1} of the journal of jobs cannot be read: it is damaged, or a newer version wrote it. ` +
      "Restore the store from a copy; with an empty one, jobs that are still running would be paid twice.",
  );
}

const KINDS = ["schema", "intent", "created", "dropped", "split"] as const;

function requireKnown(schema: number): void {
  if (schema === SCHEMA) return;
  throw new JobStoreError(
    `The journal of jobs has schema ${schema}; this version of @batchwise/jobs reads schema ${SCHEMA}. ` +
      "Upgrade the package, or give a store of its own.",
  );
}
