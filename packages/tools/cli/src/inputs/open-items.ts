import { ArgumentError } from "@batchwise/core";
import type { InputFile } from "./input-files.ts";
import { type Item, type Items, itemsOf, type Selection } from "./items.ts";
import { type InputChoice, openInput } from "./open-input.ts";

/** Inputs of a run that are open. */
export interface OpenItems extends Items {
  /** Size of all, in the unit of the items' `end`, where known. */
  readonly size: number | undefined;
  /** True where the first row of a file named its only column: it may be an input itself. */
  readonly mayLackHeader: boolean;
  /** Closes what was not read. */
  readonly close: () => void;
}

/** Name of the field that says an input's file, where there are several. */
export const FILE_FIELD = "file";

/**
 * Opens the inputs of one file, or of several, one file after another. Of several, each file's head is read first, so that
 * one that cannot be read is known before anything is sent.
 *
 * @throws ArgumentError for a file that cannot be read, or that does not have such inputs
 */
export async function openItems(
  files: readonly InputFile[],
  choice: Omit<InputChoice, "input">,
  selection: Selection,
): Promise<OpenItems> {
  const opened =
    files.length === 1
      ? await openOne(files[0] as InputFile, choice, selection)
      : await openAll(files, choice, selection);
  const [error] = opened.missing.values();
  if (error !== undefined) {
    opened.close();
    throw error;
  }
  const { limit } = selection;
  if (!(limit < Infinity && limit > 0)) return opened;
  const { size = limit } = opened;
  return { ...opened, size, items: measured(opened, limit, size) };
}

async function openOne(file: InputFile, choice: Omit<InputChoice, "input">, selection: Selection): Promise<OpenItems> {
  const source = await openInput({ ...choice, limit: selection.limit, input: file.path, name: file.name });
  const { size, close, mayLackHeader = false } = source;
  try {
    return { ...(await itemsOf(source, selection)), size, mayLackHeader, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function openAll(
  files: readonly InputFile[],
  choice: Omit<InputChoice, "input">,
  selection: Selection,
): Promise<OpenItems> {
  let mayLackHeader = false;
  let isKnown = true;
  const parameters = new Set<string>();
  const kept = new Set<string>();
  let missing: Items["missing"] | undefined;
  for (const file of files) {
    const opened = await openOne(file, choice, selection).catch((error: unknown) => {
      throw error instanceof ArgumentError ? inFile(error, file) : error;
    });
    opened.close();
    mayLackHeader ||= opened.mayLackHeader;
    isKnown &&= opened.kept !== undefined;
    for (const name of opened.kept ?? []) kept.add(name);
    for (const name of opened.parameters) parameters.add(name);
    // Some files may lack what others have.
    const lacked = [...opened.missing].filter(([name]) => missing?.has(name) ?? true);
    missing = new Map(lacked);
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return {
    items: inTurn(files, choice, selection),
    size: bytes === 0 ? undefined : bytes,
    mayLackHeader,
    kept: isKnown ? [...kept, FILE_FIELD] : undefined,
    parameters: [...parameters],
    missing: missing ?? new Map(),
    close: () => undefined,
  };
}

/** Error of one of several files, with its name. */
function inFile(error: ArgumentError, { name }: InputFile): ArgumentError {
  const message = error.message.includes(name) ? error.message : `${error.message} This is ${name}.`;
  return new ArgumentError(message, { cause: error });
}

async function* namedAfter(items: AsyncGenerator<Item, void>, file: InputFile): AsyncGenerator<Item, void> {
  try {
    yield* items;
  } catch (error) {
    throw error instanceof ArgumentError ? inFile(error, file) : error;
  }
}

async function* inTurn(
  files: readonly InputFile[],
  choice: Omit<InputChoice, "input">,
  selection: Selection,
): AsyncGenerator<Item, void> {
  let index = 0;
  let before = 0;
  for (const file of files) {
    const { items, size, close } = await openOne(file, choice, { ...selection, limit: selection.limit - index });
    try {
      for await (const item of namedAfter(items, file)) {
        const end = before + (size === undefined ? 0 : Math.min(1, item.end / size) * file.bytes);
        yield { ...item, index: index++, kept: { ...item.kept, [FILE_FIELD]: file.name }, end };
      }
    } finally {
      close();
    }
    if (index >= selection.limit) return;
    before += file.bytes;
  }
}

/** Items whose end is that of the first ones alone, where these end before the source does. */
async function* measured({ items, size: known }: OpenItems, limit: number, size: number): AsyncGenerator<Item, void> {
  for await (const item of items) {
    yield { ...item, end: Math.max(known === undefined ? 0 : item.end, ((item.index + 1) / limit) * size) };
  }
}
