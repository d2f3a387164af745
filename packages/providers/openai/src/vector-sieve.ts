/** Text before a vector in base64. Inside of a JSON string the quotes would have backslashes before them. */
const OPENING = /"embedding"\s*:\s*"/g;
/** Bytes of a text's end in which a vector may be about to begin. */
const LONGEST_OPENING = 32;
const NOT_ASCII = /[^\0-\x7f]/;
/** Bytes that become one string, of which vectors are slices. */
const PIECE = 65_536;

/**
 * Takes the vectors in base64 out of a JSON text as its bytes arrive, so that the text is never in memory as a whole.
 * What is left is small, and has a number in the place of each vector.
 */
export class VectorSieve {
  readonly #take: (base64: string) => number;
  /** One character for each byte. */
  readonly #left: string[] = [];
  /** The end of what has been searched, where a vector may be about to begin. */
  #pending = "";
  /** Part that has arrived of a vector that has not ended. */
  #begun: string | undefined;

  /** @param take is handed each vector's base64, as it stands in the JSON, and returns the number to put in its place */
  constructor(take: (base64: string) => number) {
    this.#take = take;
  }

  write(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += PIECE) this.#read(charactersOf(bytes, start, start + PIECE));
  }

  /** The text that is left. */
  end(): string {
    const text = this.#left.join("") + this.#pending + (this.#begun === undefined ? "" : `"${this.#begun}`);
    if (!NOT_ASCII.test(text)) return text;
    return new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  }

  #read(piece: string): void {
    const text = this.#pending + piece;
    const left: string[] = [];
    let at = this.#begun === undefined ? 0 : this.#goOn(text, 0, this.#begun, left);
    this.#pending = "";
    while (at < text.length) {
      OPENING.lastIndex = at;
      const opening = OPENING.exec(text);
      const end = opening === null ? Math.max(at, text.length - LONGEST_OPENING) : OPENING.lastIndex - 1;
      left.push(text.slice(at, end));
      if (opening === null) this.#pending = text.slice(end);
      at = opening === null ? text.length : this.#goOn(text, end + 1, "", left);
    }
    // Joined, and so copied: a slice would keep all of the piece in memory.
    this.#left.push(left.join(""));
  }

  /** Takes a vector up to its closing quote. Returns the position behind it, or the piece's end. */
  #goOn(piece: string, start: number, begun: string, left: string[]): number {
    const quote = piece.indexOf('"', start);
    const end = quote === -1 ? piece.length : quote;
    const base64 = begun + piece.slice(start, end);
    this.#begun = quote === -1 ? base64 : undefined;
    if (quote !== -1) left.push(String(this.#take(base64)));
    return end + 1;
  }
}

/** Text that a sieve leaves of a response's body. */
export async function readThrough(response: Response, sieve: VectorSieve): Promise<string> {
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return sieve.end();
    sieve.write(value);
  }
}

/** One character for each byte: of what is ASCII, the text itself. */
function charactersOf(bytes: Uint8Array, start: number, end: number): string {
  if (typeof globalThis.Buffer === "function") {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1", start, end);
  }
  const parts: string[] = [];
  for (let at = start; at < Math.min(end, bytes.length); at += MOST_ARGUMENTS) {
    parts.push(String.fromCharCode(...bytes.subarray(at, Math.min(at + MOST_ARGUMENTS, end))));
  }
  return parts.join("");
}

/** Arguments that every engine takes in one call. */
const MOST_ARGUMENTS = 8192;
