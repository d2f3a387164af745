const QUOTE = 0x22;
/** What stands before a vector in base64. */
const BEFORE_VECTOR = /"embedding"\s*:\s*$/;
/** Characters that are enough to recognise it. */
const TAIL = 32;

/**
 * Takes the vectors in base64 out of a JSON text as its bytes arrive, so that the text is never in memory as a whole.
 * What is left is small, and has a number in the place of each vector.
 */
export class VectorSieve {
  readonly #take: (base64: string) => number;
  readonly #left: Uint8Array[] = [];
  /** The last characters of what is left. */
  #tail = "";
  #where: "outside" | "in a string" | "in a vector" = "outside";
  /** The parts of a vector that arrived in several chunks. */
  #parts: string[] = [];

  /** @param take is handed each vector's base64 and returns the number to put in its place */
  constructor(take: (base64: string) => number) {
    this.#take = take;
  }

  write(chunk: Uint8Array): void {
    for (let start = 0; start < chunk.length;) {
      const quote = chunk.indexOf(QUOTE, start);
      const end = quote === -1 ? chunk.length : quote;
      if (this.#where === "in a vector") this.#parts.push(asciiOf(chunk.subarray(start, end)));
      else this.#keep(chunk.subarray(start, end));
      if (quote !== -1) this.#turn(chunk.subarray(quote, quote + 1));
      start = end + 1;
    }
  }

  /** The text that is left. */
  end(): string {
    const decoder = new TextDecoder();
    return this.#left.map((each) => decoder.decode(each, { stream: true })).join("") + decoder.decode();
  }

  /** A quote: a string begins or ends, or goes on behind a quote that is part of it. */
  #turn(quote: Uint8Array): void {
    if (this.#where === "outside") {
      this.#where = BEFORE_VECTOR.test(this.#tail) ? "in a vector" : "in a string";
      if (this.#where === "in a string") this.#keep(quote);
    } else if (this.#where === "in a vector") {
      this.#keep(new TextEncoder().encode(String(this.#take(unescaped(this.#parts.join(""))))));
      this.#parts = [];
      this.#where = "outside";
    } else {
      if (!endsEscaped(this.#tail)) this.#where = "outside";
      this.#keep(quote);
    }
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#left.push(bytes.slice());
    this.#tail = (this.#tail + asciiOf(bytes.subarray(-TAIL))).slice(-TAIL);
  }
}

/** What a sieve leaves of a response's body. */
export async function readThrough(response: Response, sieve: VectorSieve): Promise<string> {
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return sieve.end();
    sieve.write(value);
  }
}

/** Whether what follows is escaped: an odd number of backslashes stands before it. */
function endsEscaped(text: string): boolean {
  const [backslashes = ""] = /\\*$/.exec(text) ?? [];
  return backslashes.length % 2 === 1;
}

/** Some encoders write `\/` for the slashes in base64. */
function unescaped(base64: string): string {
  return base64.includes("\\") ? base64.replaceAll("\\/", "/") : base64;
}

const latin1 = new TextDecoder("latin1");

/** One character for each byte. */
function asciiOf(bytes: Uint8Array): string {
  if (typeof globalThis.Buffer !== "function") return latin1.decode(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
