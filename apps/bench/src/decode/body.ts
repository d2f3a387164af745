import { seededRandom } from "../provider/random.ts";

/** Response to many texts in two forms: with vectors in base64, and in decimals. */
export interface Body {
  readonly base64: Uint8Array<ArrayBuffer>;
  readonly decimals: Uint8Array<ArrayBuffer>;
  /** Offset of each vector in the base64 form. */
  readonly offsets: readonly number[];
  /** Length of one vector in base64. */
  readonly characters: number;
  readonly vectors: readonly Float32Array[];
}

/** Elements are whole billionths, so that both bodies hold the same numbers. */
const BILLION = 1e9;

/** Response with `count` vectors of `dimensions` random numbers, as OpenAI writes it. */
export function embeddingBody(count: number, dimensions: number): Body {
  const random = seededRandom(1);
  const vectors = Array.from({ length: count }, () =>
    Float32Array.from({ length: dimensions }, () => Math.round((random() - 0.5) * 0.1 * BILLION) / BILLION),
  );
  const offsets: number[] = [];
  let written = 0;
  const pieces: string[] = [];
  const write = (piece: string): void => {
    pieces.push(piece);
    written += piece.length;
  };
  for (const [index, vector] of vectors.entries()) {
    write(index === 0 ? HEAD : ",");
    write(`{"object":"embedding","index":${index},"embedding":"`);
    offsets.push(written);
    write(Buffer.from(vector.buffer).toString("base64"));
    write(`"}`);
  }
  write(tailOf(count));
  const rows = vectors.map((vector, index) => {
    const decimals = Array.from(vector, (value) => value.toFixed(9)).join(",");
    return `{"object":"embedding","index":${index},"embedding":[${decimals}]}`;
  });
  return {
    base64: new TextEncoder().encode(pieces.join("")),
    decimals: new TextEncoder().encode(`${HEAD}${rows.join(",")}${tailOf(count)}`),
    offsets,
    characters: Math.ceil((dimensions * Float32Array.BYTES_PER_ELEMENT) / 3) * 4,
    vectors,
  };
}

const HEAD = '{"object":"list","data":[';

function tailOf(count: number): string {
  return `],"model":"text-embedding-3-small","usage":{"prompt_tokens":${count * 3},"total_tokens":${count * 3}}}`;
}
