import type { StandardSchema } from "@batchwise/core";

/**
 * Schema of vectors of `dimensions` finite numbers, or of any number of them. As the `schema` of a batch it makes any
 * other output an error of its own text.
 */
export function vectorSchema(dimensions?: number): StandardSchema<unknown, Float32Array> {
  const expected = `expected a Float32Array of ${dimensions === undefined ? "numbers" : `${dimensions} numbers`}`;
  const problemOf = (value: Float32Array): string | undefined => {
    if (value.length === 0 || value.length !== (dimensions ?? value.length)) {
      return `${expected}, got one of ${value.length}. Set the length with --dimensions, or start with --rebuild.`;
    }
    return value.every(Number.isFinite) ? undefined : `${expected}, got one with something else in it.`;
  };
  return {
    "~standard": {
      version: 1,
      vendor: "docsearch",
      validate: (value) => {
        if (!(value instanceof Float32Array)) return { issues: [{ message: `${expected}, got something else.` }] };
        const message = problemOf(value);
        return message === undefined ? { value } : { issues: [{ message }] };
      },
    },
  };
}
