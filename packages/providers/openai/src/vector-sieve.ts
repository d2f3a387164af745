import { parseJson } from "@batchwise/adapter-kit";

/** Text before a vector in base64. Inside of a JSON string the quotes would have backslashes before them. */
const OPENING = /"embedding"\s*:\s*"/;
/** Bytes of a text's end in which a vector may be about to begin. */
const LONGEST_OPENING = 32;
/** Bytes that are searched for an opening at a time: from one vector to the next it is not far. */
const STEP = 256;
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

  /** @param take is handed each vector's base64 and returns the number to put in its place */
  constructor(take: (base64: string) => number) {
    this.#take = take;
  }

  write(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += PIECE) this.#read(charactersOf(bytes, start, start + PIECE));
  }

  /** The text that is left. */
  end(): string {
    const text = this.#left.join("") + this.#pending + (this.#begun === undefined ? "" : `"${this.#begun}`);
    const bytes = new Uint8Array(text.length);
    for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
    return new TextDecoder().decode(bytes);
  }

  #read(piece: string): void {
    const left: string[] = [];
    let at = this.#begun === undefined ? 0 : this.#goOn(piece, 0, this.#begun, left);
    while (at < piece.length) {
      const searched = this.#pending + piece.slice(at, at + STEP);
      const opening = OPENING.exec(searched);
      const end = opening === null ? searched.length - LONGEST_OPENING : opening.index + opening[0].length - 1;
      const kept = Math.max(0, end);
      left.push(searched.slice(0, kept));
      // Behind the quote, counted from where this step began.
      const behind = at + kept + 1 - this.#pending.length;
      this.#pending = opening === null ? searched.slice(kept) : "";
      at = opening === null ? at + STEP : this.#goOn(piece, behind, "", left);
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
    if (quote !== -1) left.push(String(this.#take(unescaped(base64))));
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

/** Some encoders escape what base64 has: PHP's writes `\/`, .NET's `\u002B` and `\u003D`. */
function unescaped(base64: string): string {
  return base64.includes("\\") ? String(parseJson(`"${base64}"`) ?? base64) : base64;
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
