import { ArgumentError, InputError } from "@batchwise/core";
import type { Batch } from "./batch-line.ts";
import { checkHead, fieldIn, isHeadEnough, missingKept } from "./columns.ts";
import { type Content, contentOf, MESSAGES_FIELD, takesMessages } from "./content.ts";
import { headOf } from "./head.ts";
import type { InputRecord, InputSource } from "./input-record.ts";
import { type Keep, type Kept, keptNames, keptOf } from "./kept.ts";
import type { Prompt } from "./prompt.ts";
import { type BatchLine, batchLineIn, ID_FIELD, type Requested, type Target } from "./target.ts";
import { isTypedFormat } from "./typed-table.ts";
import { fieldsOf, TEXT_FIELD } from "./values.ts";

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
  readonly target: Target;
  /** Field that is the input. @default the record itself; in a table of one column, that */
  readonly field: string | undefined;
  /** Template of the input, instead of a field. @default none */
  readonly prompt?: Prompt | undefined;
  readonly keep: Keep;
  /** Names of the output's own fields. @default none */
  readonly taken?: readonly string[] | undefined;
  /** True where kept texts become cells of UTF-8, which has no half of a character; JSON has an escape for it. */
  readonly isTable?: boolean | undefined;
  /** Most inputs to take. */
  readonly limit: number;
}

/** Inputs of a source whose head is known. */
export interface Items {
  readonly items: AsyncGenerator<Item, void>;
  /** Names of the fields that are kept; undefined where only all records tell them. */
  readonly kept: readonly string[] | undefined;
  /** Parameters that the first request of OpenAI's batch format has besides the run's options. */
  readonly parameters: readonly string[];
  /** Errors for names of fields to keep that no record of the source's first part has. */
  readonly missing: ReadonlyMap<string, ArgumentError>;
}

/**
 * Inputs of a source, one by one.
 *
 * @throws ArgumentError for a table without these columns, a first part of a file without a field that the prompt names, or
 * a format that cannot hold such inputs
 */
export async function itemsOf(source: InputSource, selection: Selection): Promise<Items> {
  const { format } = source;
  const { target, keep, taken = [] } = selection;
  const { kind } = target;
  const columns = source.columns ?? (format === "text" ? [TEXT_FIELD] : undefined);
  if (kind === "rerank" && (format === "text" || format === "csv" || format === "tsv")) {
    throw new ArgumentError(
      `Expected JSONL, Parquet or Arrow for queries with documents, got ${format}. Convert the input.`,
    );
  }
  if (kind === "rerank" && selection.prompt !== undefined) {
    throw new ArgumentError(
      "Expected an adapter of texts for --prompt, got one of queries with documents. Leave it out.",
    );
  }
  if (columns !== undefined) {
    const isList = isTypedFormat(format) && takesMessages(target) && columns.includes(MESSAGES_FIELD);
    const field = fieldIn(columns, selection, isList ? MESSAGES_FIELD : undefined);
    return {
      items: items(source, { ...selection, field, isTyped: isTypedFormat(format) }),
      kept: keptNames(columns, keep, taken),
      parameters: [],
      missing: new Map(),
    };
  }
  const { head, records } = await headOf(source.records, (first) => isHeadEnough(first, selection));
  await checkHead(head, selection);
  const batch = await batchIn(head, selection);
  const named = batch === undefined || keep === "all" ? keep : [...new Set([ID_FIELD, ...keep])];
  return {
    items: items({ ...source, records }, { ...selection, keep: named, requestOf: batch?.requestOf }),
    kept: named === "all" ? undefined : named,
    parameters: batch?.parameters ?? [],
    missing: await missingKept(head, keep),
  };
}

/** Selection whose source is known. */
interface Selected extends Selection {
  readonly isTyped?: boolean | undefined;
  readonly requestOf?: ((line: BatchLine) => Requested) | undefined;
}

/** Requests of a file of OpenAI's batch format, by the first record that can be read. */
async function batchIn(head: readonly InputRecord[], { field, prompt, target }: Selection): Promise<Batch | undefined> {
  const first = head.find((record) => "value" in record);
  const line = field === undefined && prompt === undefined ? batchLineIn(first?.value, target) : undefined;
  if (first === undefined || line === undefined) return undefined;
  const { batchOf } = await import("./batch-line.ts");
  return batchOf(line, first.place, target);
}

async function* items({ records, close }: InputSource, selection: Selected): AsyncGenerator<Item, void> {
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

function itemOf(record: InputRecord, index: number, selection: Selected): Item {
  const { end } = record;
  if ("error" in record) return { index, end, kept: {}, content: record };
  const kept = keptOf(fieldsOf(record.exact ?? record.value), selection.keep, selection.taken ?? []);
  const half = selection.isTable === true ? Object.keys(kept).find((name) => isHalf(kept[name])) : undefined;
  if (half === undefined) return { index, end, kept, content: contentOf(record, selection) };
  const error = new InputError(
    `Expected ${record.place} to have whole characters in the kept field ${half}, got a half (an unpaired surrogate). Write .jsonl, or do not keep it.`,
  );
  return { index, end, kept: { ...kept, [half]: undefined }, content: { error } };
}

/** True for a text that was cut within a character. */
function isHalf(value: unknown): boolean {
  return typeof value === "string" && !value.isWellFormed();
}
