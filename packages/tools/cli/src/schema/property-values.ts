import { ResultError } from "@batchwise/core";
import type { Kept } from "../inputs/kept.ts";
import { isObject, kindOf } from "../inputs/values.ts";
import type { PropertyTypes } from "./property-types.ts";

/**
 * Values of an output's properties, for their columns.
 *
 * @throws ResultError for an output or a value that they cannot hold
 */
export function propertyValues(output: unknown, types: PropertyTypes): Kept {
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

/** Digits of an integer: JSON writes an exponent for a large one. */
function integerOf(name: string, value: unknown): string {
  if (Number.isInteger(value) && Math.abs(value as number) < 2 ** 63) return String(BigInt(value as number));
  throw new ResultError(`Expected \`${name}\` to be an integer of 64 bits, got ${kindOf(value)}.`);
}

function scalarOf(name: string, value: unknown, kind: string): unknown {
  if (typeof value === (kind === "float" ? "number" : "boolean")) return value;
  throw new ResultError(`Expected \`${name}\` to be of the type that the schema says, got ${kindOf(value)}.`);
}
