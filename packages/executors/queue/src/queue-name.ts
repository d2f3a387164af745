import { optionError } from "./option-error.ts";

const PART = /^[\w.-]{1,100}$/;

/**
 * Name of the queue of a Runnable in one version. Workers of another version have another queue.
 *
 * @throws ArgumentError for a name or version with other characters than letters, digits, `_`, `.` and `-`.
 */
export function queueName(name: string, version: string): string {
  for (const [option, value] of Object.entries({ name, version })) {
    if (typeof value !== "string" || !PART.test(value)) {
      throw optionError(option, '1 to 100 letters, digits, "_", "." and "-"', value);
    }
  }
  return `${name}/${version}`;
}
