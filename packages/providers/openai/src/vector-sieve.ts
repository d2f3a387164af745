/** Where a vector in base64 begins. Inside of a JSON string the quotes would have backslashes before them. */
const OPENING = /"embedding"\s*:\s*"/g;
/** Characters at the end of a piece in which a vector may be about to begin. */
const LONGEST_OPENING = 32;

/**
 * Takes the vectors in base64 out of a JSON text as it arrives, so that the text is never in memory as a whole. What is
 * left is small, and has a number in the place of each vector.
 */
export class VectorSieve {
  readonly #take: (base64: string) => number;
  readonly #left: string[] = [];
  /** The end of what has arrived, where a vector may be about to begin. */
  #pending = "";
  /** What has arrived of a vector that has not ended. */
  #begun: string | undefined;

  /** @param take is handed each vector's base64 and returns the number to put in its place */
  constructor(take: (base64: string) => number) {
    this.#take = take;
  }

  write(piece: string): void {
    const text = (this.#begun ?? this.#pending) + piece;
    const left: string[] = [];
    let at = 0;
    for (let start = this.#begun === undefined ? this.#openingIn(text, at) : 0; start !== -1;) {
      if (start > 0) left.push(text.slice(at, start - 1));
      const end = text.indexOf('"', start);
      this.#begun = end === -1 ? text.slice(start) : undefined;
      at = end === -1 ? text.length : end + 1;
      if (end === -1) break;
      left.push(String(this.#take(unescaped(text.slice(start, end)))));
      start = this.#openingIn(text, at);
    }
    const kept = Math.max(at, text.length - LONGEST_OPENING);
    left.push(text.slice(at, kept));
    this.#pending = text.slice(kept);
    // Joined, and so copied: a slice would keep all of the piece in memory.
    this.#left.push(left.join(""));
  }

  /** The text that is left. */
  end(): string {
    return this.#left.join("") + (this.#begun === undefined ? this.#pending : `"${this.#begun}`);
  }

  /** The position behind the next opening from `from`; -1 where there is none. */
  #openingIn(text: string, from: number): number {
    OPENING.lastIndex = from;
    return OPENING.test(text) ? OPENING.lastIndex : -1;
  }
}

/** What a sieve leaves of a response's body. */
export async function readThrough(response: Response, sieve: VectorSieve): Promise<string> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    // A body may come in one piece: the sieve is to have it in many.
    for (let start = 0; start < value.length; start += PIECE) {
      sieve.write(decoder.decode(value.subarray(start, start + PIECE), { stream: true }));
    }
  }
  sieve.write(decoder.decode());
  return sieve.end();
}

/** Bytes that are looked at together. */
const PIECE = 65_536;

/** Some encoders write `\/` for the slashes in base64. */
function unescaped(base64: string): string {
  return base64.includes("\\") ? base64.replaceAll("\\/", "/") : base64;
}
