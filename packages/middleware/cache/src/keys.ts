import crypto from "node:crypto";
import { ArgumentError, type CallOptions } from "@batchwise/core";
import { canonical, NotCanonical } from "./canonical.ts";
import { kindOf } from "./refused-option.ts";

/** Version of keys, raised when a part of them is written in another way: old entries are not found any more then. */
const KEY_VERSION = 1;

/** Makes keys: SHA-256 of the namespace, the adapter's own call options and the input, in hexadecimal. */
export class Keys<Input> {
  readonly #namespace: string;
  readonly #callOptions: readonly string[];
  readonly #partOf: (input: Input) => unknown;

  /**
   * @param callOptions names of the adapter's own call options, which may change its results
   * @throws ArgumentError for a namespace that tells nothing apart, or cannot be written
   */
  constructor(namespace: unknown, callOptions: readonly string[], partOf: (input: Input) => unknown) {
    this.#namespace = namespaceText(namespace);
    this.#callOptions = callOptions.toSorted();
    this.#partOf = partOf;
  }

  /** A key for each input, or the error that says why it has none. */
  of(inputs: readonly Input[], options: CallOptions): (string | ArgumentError)[] {
    const given = this.#callOptions.filter((name) => name in options);
    let head: string;
    try {
      head = canonical(given.map((name) => [name, (options as Record<string, unknown>)[name]]));
    } catch (error) {
      return inputs.map(() => withoutKey("the call options of this Runnable", error));
    }
    return inputs.map((input) => {
      try {
        return crypto.hash("sha256", `[${KEY_VERSION},${this.#namespace},${head},${canonical(this.#partOf(input))}]`);
      } catch (error) {
        return withoutKey("this input", error);
      }
    });
  }
}

function namespaceText(namespace: unknown): string {
  const advice =
    "Name everything that the results depend on, such as " +
    '{ provider: "openai", model: "text-embedding-3-small", dimensions: 512 }.';
  if (namespace === undefined || namespace === null || namespace === "") {
    const got = kindOf(namespace);
    throw new ArgumentError(`Expected \`namespace\` to be a string or a JSON value, got ${got}. ${advice}`);
  }
  try {
    return canonical(namespace);
  } catch (error) {
    if (!(error instanceof NotCanonical)) throw error;
    throw new ArgumentError(`Expected \`namespace\` to be a string or a JSON value, got ${error.message}. ${advice}`);
  }
}

/** Failure of an input without a key. It quotes nothing of the input, also in `cause`, unless the caller's own `key` threw. */
function withoutKey(what: string, error: unknown): ArgumentError {
  if (error instanceof NotCanonical) {
    return new ArgumentError(
      `Expected ${what} to be made of JSON values, Uint8Array or Float32Array, got ${error.message}. ` +
        "It was not sent. Give `key`, which returns what tells inputs apart.",
    );
  }
  return new ArgumentError(`Expected ${what} to have a key, got an error, in \`cause\`. It was not sent.`, {
    cause: error,
  });
}
