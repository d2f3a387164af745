import { readFileSync, truncateSync } from "node:fs";
import path from "node:path";
import { hash } from "node:crypto";
import type { Item } from "../inputs/items.ts";
import { jsonOf } from "../outputs/json.ts";
import { AppendFile } from "./append-file.ts";

/** Bytes of a hash: enough to notice another input, and 8 MB for a million. */
const BYTES = 8;

/** Hashes of the inputs of a run with what is kept of them, in order: an input may grow, and not change. */
export class InputHashes {
  readonly #file: string;
  readonly #known: Buffer;
  #next: number;
  readonly #pending: Buffer[] = [];
  #open: AppendFile | undefined;

  constructor(folder: string) {
    this.#file = path.join(folder, "inputs");
    this.#known = contentOf(this.#file);
    this.#next = this.count;
  }

  /** Count of inputs that the earlier runs have seen. */
  get count(): number {
    return this.#known.length / BYTES;
  }

  /** True for an input that is another than that of the earlier run. */
  isOther(item: Item): boolean {
    const at = item.index * BYTES;
    return at < this.#known.length && !this.#known.subarray(at, at + BYTES).equals(hashOf(item));
  }

  /** Takes those of the earlier runs for none. */
  forget(): void {
    this.#next = 0;
  }

  /** Adds an input, unless an earlier run has had it. */
  add(item: Item): void {
    if (item.index !== this.#next) return;
    this.#next++;
    if (this.#open === undefined) this.#pending.push(hashOf(item));
    else this.#open.append(hashOf(item));
  }

  /** Begins to write: what was added, and is added from now on. `isNew` replaces those of the earlier runs. */
  begin(isNew: boolean): void {
    if (!isNew && this.count > 0) truncateSync(this.#file, this.#known.length);
    this.#open = new AppendFile(this.#file, isNew ? "w" : "a");
    for (const each of this.#pending.splice(0)) this.#open.append(each);
  }

  flush(): void {
    this.#open?.flush();
  }

  close(): void {
    this.#open?.close();
    this.#open = undefined;
  }
}

function hashOf({ content, kept }: Item): Buffer {
  const value = "input" in content ? content.input : content.error.message;
  return hash("sha1", jsonOf([value, kept]), "buffer").subarray(0, BYTES);
}

function contentOf(file: string): Buffer {
  try {
    const bytes = readFileSync(file);
    // The last one may be torn.
    return bytes.subarray(0, bytes.length - (bytes.length % BYTES));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
