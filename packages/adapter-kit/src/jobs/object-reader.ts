import { type Fields, fieldsOf, parseJson } from "../fields.ts";

/** Strings, so that their braces are passed over, and braces. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"?|[{}]/g;
/** A line that begins an object of the outermost level, as JSON lines do. */
const BEGINS = /^\s*\{\s*"/;
/** A line of nothing but a list around the objects. */
const AROUND = /^[\s[\],]*$/;

/**
 * The objects in a text that is read line by line: one a line as a rule, or several, in a list, or spread over lines. What
 * cannot be read is `undefined`, once, and ends with its line or where the next object begins.
 */
export class ObjectReader {
  /** Lines of an object that has not ended. */
  #begun: string[] = [];
  #depth = 0;

  /** @param line undefined for one that is not text */
  read(line: string | undefined): (Fields | undefined)[] {
    const cut = line === undefined || BEGINS.test(line) ? this.end() : [];
    if (line === undefined) return [...cut, undefined];
    const whole = this.#depth === 0 ? parseJson(line) : undefined;
    if (Array.isArray(whole)) return [...cut, ...whole.map(fieldsOf)];
    const fields = fieldsOf(whole);
    return [...cut, ...(fields === undefined ? this.#pick(line) : [fields])];
  }

  /** Ends what has not ended. */
  end(): undefined[] {
    const isCut = this.#depth > 0;
    this.#depth = 0;
    this.#begun = [];
    return isCut ? [undefined] : [];
  }

  #pick(line: string): (Fields | undefined)[] {
    const found: (Fields | undefined)[] = [];
    let start = 0;
    for (const { 0: token, index } of line.matchAll(TOKENS)) {
      if (token === "{") {
        if (this.#depth++ === 0) start = index;
      } else if (token === "}" && this.#depth > 0) {
        if (--this.#depth > 0) continue;
        found.push(fieldsOf(parseJson([...this.#begun, line.slice(start, index + 1)].join("\n"))));
        this.#begun = [];
      } else if (this.#depth > 0 && (token.length === 1 || !token.endsWith('"'))) {
        // No text of JSON goes on in another line.
        return [...found, ...this.end()];
      }
    }
    if (this.#depth > 0) this.#begun.push(line.slice(start));
    else if (found.length === 0 && !AROUND.test(line)) found.push(undefined);
    return found;
  }
}
