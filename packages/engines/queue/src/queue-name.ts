import { ArgumentError } from "@batchwise/core";

const PART = /^[\w.-]{1,100}$/;

/**
 * The queue of a Runnable in one version. Workers with another version have another queue, and never see its chunks.
 *
 * @throws ArgumentError for a name or version with other characters than letters, digits, `_`, `.` and `-`.
 */
export function queueName(name: string, version: string): string {
  for (const [option, value] of Object.entries({ name, version })) {
    if (typeof value !== "string" || !PART.test(value)) {
      throw new ArgumentError(`${option}: expected 1 to 100 letters, digits, "_", "." and "-".`);
    }
  }
  return `${name}/${version}`;
}
