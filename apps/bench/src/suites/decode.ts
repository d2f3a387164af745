import { measureDecoders, type DecodeFigures } from "../decode/decode.ts";
import { FLOOR, OURS } from "../decode/names.ts";
import { versionOf } from "../machine.ts";
import type { SuiteReport } from "../report.ts";

/** Amount to measure. */
export interface DecodeOptions {
  /** Vectors in the response. */
  readonly items: number;
  readonly rounds: number;
}

const DIMENSIONS = 1536;
const MEGABYTE = 2 ** 20;

/** Decodes one response full of vectors, from its bytes to numbers. */
export async function measureDecode({ items, rounds }: DecodeOptions): Promise<SuiteReport> {
  const { decoders, base64Bytes, decimalBytes } = await measureDecoders({ items, dimensions: DIMENSIONS, rounds });
  const of = (name: string): DecodeFigures => decoders.find((each) => each.name === name) as DecodeFigures;
  const ratio = ({ timing }: DecodeFigures): number => timing.median / of(FLOOR).timing.median;
  const sizes = `${megabytes(base64Bytes)} in base64 and ${megabytes(decimalBytes)} in decimals`;
  return {
    suite: "decode",
    title: `A response of ${items.toLocaleString("en")} vectors of ${DIMENSIONS.toLocaleString("en")} numbers, ${sizes}`,
    columns: [
      { key: "name", title: "decoder" },
      { key: "version", title: "version" },
      { key: "milliseconds", title: "ms", digits: 1 },
      { key: "least", title: "least", digits: 1 },
      { key: "most", title: "most", digits: 1 },
      { key: "ratio", title: "times the floor", digits: 2 },
      { key: "kept", title: "kept, MB", digits: 1 },
      { key: "rounds", title: "rounds" },
    ],
    rows: decoders.map((decoder) => ({
      name: decoder.name,
      version: versionOf(decoder.package),
      milliseconds: decoder.timing.median,
      least: decoder.timing.least,
      most: decoder.timing.most,
      ratio: ratio(decoder),
      kept: decoder.kept / MEGABYTE,
      rounds: decoder.timing.rounds,
    })),
    targets: [
      {
        name: `${OURS}, from the body to vectors against the floor`,
        bound: "at most",
        limit: 1.4,
        measured: ratio(of(OURS)),
        unit: "times its time",
      },
      {
        name: `${OURS}, memory that its vectors keep`,
        bound: "at most",
        limit: 15,
        measured: of(OURS).kept / MEGABYTE,
        unit: "MB",
      },
    ],
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}
