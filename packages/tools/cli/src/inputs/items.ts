import { ArgumentError } from "@batchwise/core";
import { checkHead, fieldIn, isHeadEnough } from "./columns.ts";
import { type Content, contentOf } from "./content.ts";
import { headOf } from "./head.ts";
import type { InputRecord, InputSource } from "./input-record.ts";
import { type Keep, type Kept, keptNames, keptOf } from "./kept.ts";
import type { Prompt } from "./prompt.ts";
import { fieldsOf, TEXT_FIELD } from "./values.ts";

export type { Kept } from "./kept.ts";

/** Input of a run. */
export interface Item {
  /** Position from 0; records that cannot be read count. */
  readonly index: number;
  readonly kept: Kept;
  /** Position in the source after it. */
  readonly end: number;
  /** Input for the adapter, or the error of a record without one. */
  readonly content: Content;
}

/** Selection of the input from a record. */
export interface Selection {
  /** Kind of the adapter. */
  readonly kind: string;
  /** Field that is the input. @default the record itself; in a table of one column, that */
  readonly field: string | undefined;
  /** Template of the input, instead of a field. @default none */
  readonly prompt?: Prompt | undefined;
  readonly keep: Keep;
  /** Names of the output's own fields. @default none */
  readonly taken?: readonly string[] | undefined;
  /** Most inputs to take. */
  readonly limit: number;
}

/** Inputs of a source whose head is known. */
export interface Items {
  readonly items: AsyncGenerator<Item, void>;
  /** Names of the fields that are kept; undefined where only all records tell them. */
  readonly kept: readonly string[] | undefined;
}

/**
 * Inputs of a source, one by one.
 *
 * @throws ArgumentError for a table without these columns, a first part of a file without a field that the prompt names, or
 * a format that cannot hold such inputs
 */
export async function itemsOf(source: InputSource, selection: Selection): Promise<Items> {
  const { format } = source;
  const { kind, keep, taken = [] } = selection;
  const columns = source.columns ?? (format === "text" ? [TEXT_FIELD] : undefined);
  if (kind === "rerank" && (format === "text" || format === "csv" || format === "tsv")) {
    throw new ArgumentError(`Expected JSONL or Parquet for queries with documents, got ${format}. Convert the input.`);
  }
  if (kind === "rerank" && selection.prompt !== undefined) {
    throw new ArgumentError(
      "Expected an adapter of texts for --prompt, got one of queries with documents. Leave it out.",
    );
  }
  const field = columns === undefined ? selection.field : fieldIn(columns, selection);
  const { head, records } = await headOf(source.records, (first) => isHeadEnough(first, columns, selection));
  if (columns === undefined) checkHead(head, selection);
  return {
    items: items({ ...source, records }, { ...selection, field }),
    kept: columns === undefined && keep === "all" ? undefined : keptNames(columns ?? [], keep, taken),
  };
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

function itemOf(record: InputRecord, index: number, selection: Selection): Item {
  const { end } = record;
  if ("error" in record) return { index, end, kept: {}, content: record };
  const kept = keptOf(fieldsOf(record.exact ?? record.value), selection.keep, selection.taken ?? []);
  return { index, end, kept, content: contentOf(record, selection) };
}
