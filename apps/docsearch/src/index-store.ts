import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { decodeSegment, encodeSegment, type Entry, type Origin } from "./segment.ts";

/**
 * Store of embedded texts on disk, by content. What was flushed survives a SIGKILL.
 *
 * A segment is a file that is named after the SHA-256 of its bytes and renamed into place: a torn or damaged one does not
 * match its name, is removed, and its texts are embedded again.
 */
export class IndexStore {
  /** Segments that were damaged, and removed when the store was opened. */
  readonly damaged: number;
  readonly #origin: Origin;
  readonly #folder: string;
  readonly #entries: Map<string, Entry>;
  #segments: string[];
  #unsaved: Entry[] = [];

  private constructor(folder: string, origin: Origin, loaded: Loaded) {
    this.#folder = folder;
    this.#origin = origin;
    this.#entries = new Map(loaded.entries.map((entry) => [entry.key, entry]));
    this.#segments = loaded.segments;
    this.damaged = loaded.damaged;
  }

  /**
   * Opens the store in `folder`, which is created if needed.
   *
   * @throws Error for a store of another embedder
   */
  static async open(folder: string, origin: Origin): Promise<IndexStore> {
    await mkdir(folder, { recursive: true });
    return new IndexStore(folder, origin, await load(folder, origin));
  }

  /** Length of each vector, as a count of numbers. */
  get dimensions(): number {
    return this.#origin.dimensions;
  }

  /** Number of texts with a vector, flushed or not. */
  get size(): number {
    return this.#entries.size;
  }

  /** Number of texts that a crash would lose now. */
  get unsaved(): number {
    return this.#unsaved.length;
  }

  /** Vector of a text, by its key; undefined for a text that is not embedded. */
  vector(key: string): Float32Array | undefined {
    return this.#entries.get(key)?.vector;
  }

  /** Adds a vector. `flush` writes it to disk. */
  add(entry: Entry): void {
    if (entry.vector.length !== this.dimensions) {
      throw new Error(
        `Expected a vector of ${this.dimensions} numbers, got one of ${entry.vector.length}. ` +
          "Start with --rebuild, or set the length with --dimensions.",
      );
    }
    this.#entries.set(entry.key, entry);
    this.#unsaved.push(entry);
  }

  /** Writes what was added since the last flush as one new segment. */
  async flush(): Promise<void> {
    if (this.#unsaved.length === 0) return;
    const entries = this.#unsaved;
    this.#unsaved = [];
    this.#segments.push(await writeSegment(this.#folder, entries, this.#origin));
  }

  /**
   * Joins the segments into one, without texts that are no longer `wanted`, once there are more than eight or most of
   * their texts are unwanted. A crash in the middle leaves both the old and the new ones, which agree.
   */
  async compact(wanted: ReadonlySet<string>): Promise<void> {
    await this.flush();
    const kept = [...this.#entries.values()].filter((entry) => wanted.has(entry.key));
    const mostlyUnwanted = kept.length < this.#entries.size / 2;
    if (kept.length === 0 || (this.#segments.length <= 8 && !mostlyUnwanted)) return;
    const joined = await writeSegment(this.#folder, kept, this.#origin);
    const old = this.#segments.filter((segment) => segment !== joined);
    for (const entry of this.#entries.keys()) if (!wanted.has(entry)) this.#entries.delete(entry);
    this.#segments = [joined];
    await Promise.all(old.map((segment) => rm(path.join(this.#folder, segment), { force: true })));
  }
}

interface Loaded {
  readonly entries: Entry[];
  readonly segments: string[];
  readonly damaged: number;
}

/** Age in milliseconds from which a temporary file belongs to a process that died. */
const STALE_AFTER_MS = 600_000;

async function load(folder: string, origin: Origin): Promise<Loaded> {
  const names = (await readdir(folder)).toSorted();
  await Promise.all(names.filter((name) => name.endsWith(".tmp")).map((name) => removeStale(path.join(folder, name))));
  const segments = names.filter((name) => name.endsWith(".arrow"));
  const read = await Promise.all(segments.map((name) => readSegment(folder, name, origin)));
  return {
    entries: read.flatMap((entries) => entries ?? []),
    segments: segments.filter((_, index) => read[index] !== undefined),
    damaged: read.filter((entries) => entries === undefined).length,
  };
}

/** Entries of a segment; undefined for a damaged one, which is removed. */
async function readSegment(folder: string, name: string, origin: Origin): Promise<Entry[] | undefined> {
  const file = path.join(folder, name);
  const bytes = await readFile(file);
  const entries = segmentName(bytes) === name ? decodeSegment(bytes, origin) : undefined;
  if (entries === undefined) await rm(file, { force: true });
  return entries;
}

async function removeStale(file: string): Promise<void> {
  if ((await stat(file)).mtimeMs < Date.now() - STALE_AFTER_MS) await rm(file, { force: true });
}

async function writeSegment(folder: string, entries: readonly Entry[], origin: Origin): Promise<string> {
  const bytes = encodeSegment(entries, origin);
  const name = segmentName(bytes);
  const temporary = path.join(folder, `${name}.${process.pid}.tmp`);
  const file = await open(temporary, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path.join(folder, name));
  return name;
}

function segmentName(bytes: Uint8Array): string {
  return `${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}.arrow`;
}
