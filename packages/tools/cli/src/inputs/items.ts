import { ArgumentError, InputError } from "@batchwise/core";
import type { InputRecord, InputSource } from "./input-record.ts";

/** Fields of an input's record that are copied into its output. */
export type Kept = Readonly<Record<string, unknown>>;

/** Input of a run. */
export interface Item {
  /** Position from 0; records that cannot be read count. */
  readonly index: number;
  readonly kept: Kept;
  /** Position in the source after it. */
  readonly end: number;
  /** Input for the adapter, or the error of a record without one. */
  readonly content: { readonly input: unknown } | { readonly error: Error };
}

/** Selection of the input from a record. */
export interface Selection {
  /** Kind of the adapter. */
  readonly kind: string;
  /** Field that is the input. @default the record itself; in a table of one column, that */
  readonly field: string | undefined;
  readonly keep: readonly string[];
  /** Most inputs to take. */
  readonly limit: number;
}

/**
 * Inputs of a source, one by one.
 *
 * @throws ArgumentError for a table without these columns, or a format that cannot hold such inputs
 */
export function itemsOf(source: InputSource, selection: Selection): AsyncGenerator<Item, void> {
  const { format } = source;
  if (format === "text" && (selection.field !== undefined || selection.keep.length > 0)) {
    throw new ArgumentError("Expected no --field or --keep for a text file, got one. Its lines are the inputs.");
  }
  if (selection.kind === "rerank" && (format === "text" || format === "csv" || format === "tsv")) {
    throw new ArgumentError(`Expected JSONL or Parquet for queries with documents, got ${format}. Convert the input.`);
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
  const names = columns.length === 0 ? "none" : columns.join(", ");
  const double = [wanted, ...keep].find(
    (name) => name !== undefined && columns.filter((one) => one === name).length > 1,
  );
  if (double !== undefined) {
    throw new ArgumentError(`Expected one column ${double} in the input, got several of this name. Rename the others.`);
  }
  if (missing !== undefined) throw new ArgumentError(`Expected a column ${missing} in the input, got: ${names}.`);
  if (wanted === undefined && TEXT_KINDS.has(kind)) {
    throw new ArgumentError(`Expected --field to name the input's column, got none. Its columns: ${names}.`);
  }
  return wanted;
}

function itemOf(record: InputRecord, index: number, { kind, field, keep }: Selection): Item {
  const { end, place } = record;
  if ("error" in record) return { index, end, kept: {}, content: { error: record.error } };
  const written = fieldsOf(record.exact ?? record.value);
  const kept = Object.fromEntries(
    keep.filter((name) => Object.hasOwn(written, name)).map((name) => [name, written[name]]),
  );
  const value = field === undefined || typeof record.value === "string" ? record.value : fieldsOf(record.value)[field];
  const expected = EXPECTED[kind];
  if (expected !== undefined && !expected.holds(value)) {
    const wish = field === undefined ? `be ${expected.what}` : `have ${expected.what} in the field ${field}`;
    const advice =
      TEXT_KINDS.has(kind) && field === undefined && isObject(value) ? " Name its field with --field." : "";
    const message = `Expected ${place} to ${wish}, got ${kindOf(value)}.${advice}`;
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

/** Expected inputs by the adapter's kind. Adapters of other kinds take any value. */
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

function fieldsOf(value: unknown): Kept {
  return isObject(value) ? value : {};
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
