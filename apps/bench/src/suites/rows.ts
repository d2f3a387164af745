import type { SuiteOptions } from "./index.ts";

/**
 * Rows of a suite that are asked for.
 *
 * @throws Error for a name that is not a row's.
 */
export function chosenRows<Name extends string>(all: readonly Name[], { rows }: SuiteOptions): readonly Name[] {
  const unknown = rows?.find((name) => !(all as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new Error(`Expected a row (${all.join(", ")}), got ${JSON.stringify(unknown)}.`);
  }
  return rows === undefined ? all : all.filter((name) => rows.includes(name));
}
