import type { BatchOptions } from "@batchwise/core";
import type { ColumnType, ColumnTypes } from "./columns/column-type.ts";
import type { ResolvedAdapter } from "./resolve-adapter.ts";
import type { InputFile } from "./inputs/input-files.ts";
import type { Notes } from "./notes.ts";
import type { RunEnvironment, RunOptions } from "./options.ts";
import type { OutputChoice } from "./output-choice.ts";
import type { TableShape } from "./outputs/encoder.ts";
import type { PropertyTypes } from "./schema/property-types.ts";
import type { SelectedInputs } from "./selected-inputs.ts";
import type { Stats } from "./stats.ts";
import type { ResolvedOptions } from "./text-options.ts";

/** Run whose parts are resolved. */
export interface Task {
  readonly options: ResolvedOptions;
  readonly environment: RunEnvironment;
  readonly folder: string;
  readonly files: readonly InputFile[];
  readonly notes: Notes;
  readonly adapter: ResolvedAdapter;
  readonly output: OutputChoice;
  /** Types of the input's columns, where its files declare them. */
  readonly types: ColumnTypes;
  readonly inputs: SelectedInputs;
  readonly stats: Stats;
}

/** Options of a run's batch. */
export function batchOptions({ options, environment, adapter }: Task): BatchOptions {
  const { concurrency, maxCost, maxTokens, timeoutMs } = options;
  // Offline jobs have their own `attempts`, and decide by themselves what is worth another job.
  const attempts = options.offline === true ? undefined : options.attempts;
  const { retry } = adapter.runnable.settings ?? {};
  return {
    ...dedupeOf(options),
    ...(concurrency !== undefined && { maxConcurrency: concurrency }),
    ...(maxCost !== undefined && { maxCost }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(attempts !== undefined && { retry: { ...(retry === false ? {} : retry), attempts } }),
    ...(environment.clock !== undefined && { clock: environment.clock }),
  };
}

/** Option `dedupe` of a run's batch: records are equal by their content. */
export function dedupeOf({ dedupe }: Pick<RunOptions, "dedupe">): Pick<BatchOptions, "dedupe"> {
  return dedupe === true ? { dedupe: (input: unknown) => JSON.stringify(input) } : {};
}

/** Shape of the output, for its encoder. */
export function shapeOf({ options, adapter, inputs, types }: Task): TableShape {
  const { kept, properties } = inputs;
  return {
    kind: adapter.kind,
    keep: [...Object.keys(properties ?? {}), ...kept],
    properties,
    dimensions: adapter.dimensions,
    vectors: options.vectors,
    isSafe: options.safeCsv,
    types: { ...types, ...typesOf(properties) },
  };
}

function typesOf(properties: PropertyTypes = {}): ColumnTypes {
  const types = Object.entries(properties).filter((entry): entry is [string, ColumnType] => entry[1] !== undefined);
  return Object.fromEntries(types);
}
