import { ArgumentError } from "@batchwise/core";
import type { InputFile } from "./inputs/input-files.ts";
import type { Keep } from "./inputs/kept.ts";
import { FILE_FIELD, type OpenItems, openItems } from "./inputs/open-items.ts";
import type { RunEnvironment } from "./options.ts";
import type { OutputChoice } from "./output-choice.ts";
import { ownColumns, ownNamesOf } from "./outputs/own-names.ts";
import type { ResolvedAdapter } from "./resolve-adapter.ts";
import type { PropertyTypes } from "./schema/property-types.ts";
import type { ResolvedOptions } from "./text-options.ts";

/** Files and options that select the inputs of a run. */
export interface Selecting {
  readonly options: ResolvedOptions;
  readonly environment: RunEnvironment;
  readonly files: readonly InputFile[];
  readonly output: OutputChoice;
  readonly adapter: Pick<ResolvedAdapter, "kind" | "inputs" | "identity">;
}

/** Inputs of a run, which can be opened again where they are files. */
export interface SelectedInputs {
  /** Names of the fields that rows keep. Without all of them for lines of JSON, which need no columns. */
  readonly kept: readonly string[];
  /** Types of an output's properties, which are columns of a table. */
  readonly properties: PropertyTypes | undefined;
  readonly first: OpenItems;
  /** Opens the inputs from the first one on. */
  open(): Promise<OpenItems>;
}

/**
 * Opens the inputs that the options select, and finds the names of the fields that their rows keep.
 *
 * @throws ArgumentError for an input that cannot be read or does not have these fields, and for fields that have the name
 * of one of the output's own
 */
export async function selectInputs(selecting: Selecting): Promise<SelectedInputs> {
  const { options, environment, files, output, adapter } = selecting;
  const { field, prompt: template, keep = [], limit = Infinity } = options;
  const isTable = output.format !== "jsonl";
  const properties = isTable ? await propertiesOf(options) : undefined;
  const own = [...ownNamesOf(output.format), ...Object.keys(properties ?? {})];
  checkKeep(keep, own, files.length > 1);
  const prompt = template === undefined ? undefined : (await import("./inputs/prompt.ts")).promptOf(template);
  const inputs = prompt?.names ?? (field === undefined ? undefined : [field]);
  const wanted = inputs === undefined || keep === "all" ? undefined : [...inputs, ...keep];
  const target = {
    kind: adapter.kind,
    inputs: adapter.inputs,
    options: { ...adapter.identity.options, schema: options.schema },
  };
  const taken = files.length > 1 ? [...own, FILE_FIELD] : own;
  const open = (): Promise<OpenItems> =>
    openItems(
      files,
      { ...options, wanted, stdin: environment.stdin ?? process.stdin },
      { target, field, prompt, keep, taken, isTable, limit },
    );
  const first = await open();
  if (first.kept !== undefined || !isTable) return { kept: first.kept ?? [], properties, first, open };
  try {
    if (files.some(({ path }) => path === "-")) {
      throw new ArgumentError(
        `Expected names for --keep with JSON of standard input, got all, and a table of ${output.format} needs its columns first. Give them.`,
      );
    }
    return { kept: await namesIn(await open()), properties, first, open };
  } catch (error) {
    first.close();
    throw error;
  }
}

async function propertiesOf({ schema }: ResolvedOptions): Promise<PropertyTypes | undefined> {
  if (schema === undefined) return undefined;
  const { propertyTypes } = await import("./schema/property-types.ts");
  return propertyTypes(schema, ownColumns({ properties: {} }));
}

/** Names of all kept fields, in the order in which they occur. */
async function namesIn({ items, close }: OpenItems): Promise<string[]> {
  const names = new Set<string>();
  try {
    for await (const { kept } of items) for (const name of Object.keys(kept)) names.add(name);
  } finally {
    close();
  }
  return [...names];
}

/** @throws ArgumentError for a field that has the name of one of the output's own */
function checkKeep(keep: Keep, own: readonly string[], hasFiles: boolean): void {
  if (keep === "all") return;
  const taken = keep.find((name) => own.includes(name));
  if (taken !== undefined) {
    throw new ArgumentError(
      `Expected --keep to name none of the output's own fields (${own.join(", ")}), got ${taken}. Rename it, or keep all.`,
    );
  }
  if (!hasFiles || !keep.includes(FILE_FIELD)) return;
  throw new ArgumentError(
    `Expected --keep without ${FILE_FIELD} for several files, got it: it is the name of a row's file. Rename the field.`,
  );
}
