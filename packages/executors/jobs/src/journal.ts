import { JobStoreError } from "./errors.ts";
import type { JobStore, OpenJobStore } from "./store.ts";

/** Job that was about to be created and, where it has an id, was. */
export interface JobEntry {
  /** Unique name that the provider keeps with the job. */
  readonly tag: string;
  /** Hash of the backend's identity and of every line. */
  readonly key: string;
  /** The provider's id. Without one it is not known whether the job was created. */
  readonly id: string | undefined;
}

const SCHEMA = 1;

/** Line of the journal. */
type JournalRecord =
  | { readonly schema: number }
  | { readonly intent: string; readonly key: string }
  | { readonly created: string; readonly id: string }
  | { readonly dropped: readonly string[] }
  | { readonly split: string };

/** Jobs of earlier and of running batches. Every change is in the store before it takes effect. */
export class Journal {
  readonly #store: OpenJobStore;
  /** By tag, in the order of their creation. */
  readonly #entries = new Map<string, MutableEntry>();
  readonly #split = new Set<string>();

  private constructor(store: OpenJobStore) {
    this.#store = store;
  }

  /**
   * Takes the store and reads it.
   *
   * @throws JobStoreError where another process holds it, it is damaged, or a newer version wrote it
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

  /** Jobs that are left, in the order of their creation. */
  get entries(): readonly JobEntry[] {
    return [...this.#entries.values()];
  }

  /** Takes the first job with this key that no running batch has taken. */
  claim(key: string): JobEntry | undefined {
    for (const entry of this.#entries.values()) {
      if (entry.key !== key || entry.taken) continue;
      entry.taken = true;
      return entry;
    }
    return undefined;
  }

  /** Notes down, and takes, a job that is about to be created. */
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

  /** Releases a job for another batch, or for another try. */
  release({ tag }: JobEntry): void {
    const entry = this.#entries.get(tag);
    if (entry !== undefined) entry.taken = false;
  }

  /** Forgets jobs whose results were handed over, or that have none. */
  async drop(entries: Iterable<JobEntry>): Promise<void> {
    const tags = [...entries].map((entry) => entry.tag).filter((tag) => this.#entries.has(tag));
    if (tags.length === 0) return;
    await this.#append({ dropped: tags });
    for (const tag of tags) this.#entries.delete(tag);
  }

  /** Notes down that the provider has no capacity for a job this large: it is created in parts, also after a crash. */
  async split(key: string): Promise<void> {
    await this.#append({ split: key });
    this.#split.add(key);
  }

  isSplit(key: string): boolean {
    return this.#split.has(key);
  }

  /** Releases the store, with nothing in it but the jobs that are left. */
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
    // A split matters only while jobs are left.
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
  /** True while a running batch has it. */
  taken: boolean;
}

function parse(text: string, index: number): JournalRecord {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && KINDS.some((kind) => kind in value))
      return value as JournalRecord;
  } catch {
    // Reported below, without what the line holds.
  }
  throw new JobStoreError(
    `Expected record ${index + 1} of the journal of jobs to be readable, got one that is damaged, or of a newer version. ` +
      "Restore the store from a copy; with an empty one, jobs that still run would be paid twice.",
  );
}

const KINDS = ["schema", "intent", "created", "dropped", "split"] as const;

function requireKnown(schema: number): void {
  if (schema === SCHEMA) return;
  throw new JobStoreError(
    `Expected the journal of jobs to have schema ${SCHEMA}, got schema ${schema}. ` +
      "Upgrade @batchwise/jobs, or give another store.",
  );
}
