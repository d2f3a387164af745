import { ResultError } from "@batchwise/core";
import type { Kept } from "../inputs/kept.ts";
import { isObject, kindOf } from "../inputs/values.ts";
import type { Row } from "../outputs/row.ts";
import type { PropertyTypes } from "./property-types.ts";

/**
 * Row whose output's properties are columns, with those that are kept. A row of a file has them there already.
 *
 * @throws ResultError for an output or a value that the columns cannot hold
 */
export function propertyRow(row: Row, types: PropertyTypes): Row {
  const { index, kept, outcome } = row;
  if ("error" in outcome || outcome.output === undefined) return row;
  return { index, kept: { ...valuesOf(outcome.output, types), ...kept }, outcome: { output: null } };
}

function valuesOf(output: unknown, types: PropertyTypes): Kept {
  if (!isObject(output)) {
    throw new ResultError(`Expected an object with the schema's properties, got ${kindOf(output)}.`);
  }
  return Object.fromEntries(
    Object.entries(types).map(([name, type]) => {
      const value = output[name];
      if (type === undefined || value === undefined || value === null) return [name, value];
      return [name, type.kind === "integer" ? integerOf(name, value) : scalarOf(name, value, type.kind)];
    }),
  );
}

/** Integer of an answer: of one beyond 2^53, its number of JavaScript has other digits. */
function integerOf(name: string, value: unknown): string {
  if (Number.isSafeInteger(value)) return String(value);
  const got = typeof value === "number" ? "another number. Make it a string in the schema" : kindOf(value);
  throw new ResultError(`Expected \`${name}\` to be an integer of at most 53 bits, got ${got}.`);
}

function scalarOf(name: string, value: unknown, kind: string): unknown {
  if (typeof value === (kind === "float" ? "number" : "boolean")) return value;
  throw new ResultError(`Expected \`${name}\` to be of the type that the schema says, got ${kindOf(value)}.`);
}
