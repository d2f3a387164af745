import { ArgumentError, InputError } from "@batchwise/core";
import type { InputRecord, InputSource } from "./input-record.ts";

/** Fields of an input's record that go into its output. */
export type Kept = Readonly<Record<string, unknown>>;

/** One input of a run, in order. */
export interface Item {
  /** From 0; records that cannot be read count. */
  readonly index: number;
  readonly kept: Kept;
  /** How much of the source has been read with it. */
  readonly end: number;
  /** What the adapter is given, or why there is nothing to give. */
  readonly content: { readonly input: unknown } | { readonly error: Error };
}

/** What of a record is the input. */
export interface Selection {
  /** The adapter's kind. */
  readonly kind: string;
  /** The field that is the input. @default the record itself; in a table of one column, that */
  readonly field: string | undefined;
  readonly keep: readonly string[];
  /** Inputs to take at most. */
  readonly limit: number;
}

/**
 * The inputs of a source, one by one.
 *
 * @throws ArgumentError for a table that has no such columns, or a format that cannot hold such inputs
 */
export function itemsOf(source: InputSource, selection: Selection): AsyncGenerator<Item, void> {
  const { format } = source;
  if (format === "text" && (selection.field !== undefined || selection.keep.length > 0)) {
    throw new ArgumentError("A text file has no fields, but lines: leave --field and --keep out.");
  }
  if (selection.kind === "rerank" && (format === "text" || format === "csv")) {
    throw new ArgumentError(
      "A query with its documents does not go into a line of text or CSV. Give JSONL or Parquet.",
    );
  }
  const field = fieldOf(source.columns, selection);
  return items(source, { ...selection, field });
}

async function* items({ records, close }: InputSource, selection: Selection): AsyncGenerator<Item, void> {
  let index = 0;
  if (selection.limit === 0) {
    close();
    return;
  }
  for await (const record of records) {
    yield itemOf(record, index++, selection);
    if (index >= selection.limit) return;
  }
}

function fieldOf(columns: readonly string[] | undefined, { field, keep, kind }: Selection): string | undefined {
  if (columns === undefined) return field;
  const [only] = columns;
  const wanted = field ?? (columns.length === 1 && kind !== "rerank" ? only : undefined);
  const missing = [wanted, ...keep].find((name) => name !== undefined && !columns.includes(name));
  const names = columns.length === 0 ? "It has none" : `Its columns: ${columns.join(", ")}`;
  if (missing !== undefined) throw new ArgumentError(`The input has no column ${missing}. ${names}.`);
  if (wanted === undefined && TEXT_KINDS.has(kind)) {
    throw new ArgumentError(`Which column is the input? Say it with --field. ${names}.`);
  }
  return wanted;
}

function itemOf(record: InputRecord, index: number, { kind, field, keep }: Selection): Item {
  const { end, place } = record;
  if ("error" in record) return { index, end, kept: {}, content: { error: record.error } };
  const fields = isObject(record.value) ? record.value : {};
  const kept = Object.fromEntries(
    keep.filter((name) => Object.hasOwn(fields, name)).map((name) => [name, fields[name]]),
  );
  const value = field === undefined || typeof record.value === "string" ? record.value : fields[field];
  const expected = EXPECTED[kind];
  if (expected !== undefined && !expected.holds(value)) {
    const where = field === undefined ? "" : ` in the field ${field}`;
    const advice =
      TEXT_KINDS.has(kind) && field === undefined && isObject(value) ? " Name its field with --field." : "";
    const message = `${place}: expected ${expected.what}${where}, came ${kindOf(value)}.${advice}`;
    return { index, end, kept, content: { error: new InputError(message) } };
  }
  return { index, end, kept, content: { input: expected?.pick?.(value) ?? value } };
}

interface Expected {
  readonly what: string;
  readonly holds: (value: unknown) => boolean;
  readonly pick?: (value: unknown) => unknown;
}

const TEXT: Expected = { what: "a text", holds: (value) => typeof value === "string" };

/** Adapters of other kinds are given whatever stands there. */
const EXPECTED: Readonly<Record<string, Expected>> = {
  embeddings: TEXT,
  chat: TEXT,
  rerank: {
    what: "an object with a text `query` and a list of texts `documents`",
    holds: isRerankInput,
    pick: (value) => {
      const { query, documents } = value as Record<string, unknown>;
      return { query, documents };
    },
  },
};

const TEXT_KINDS: ReadonlySet<string> = new Set(Object.keys(EXPECTED).filter((kind) => EXPECTED[kind] === TEXT));

function isRerankInput(value: unknown): boolean {
  if (!isObject(value) || typeof value["query"] !== "string") return false;
  const { documents } = value as { readonly documents?: unknown };
  return Array.isArray(documents) && documents.every((document) => typeof document === "string");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? "a text" : `a ${typeof value}`;
}
