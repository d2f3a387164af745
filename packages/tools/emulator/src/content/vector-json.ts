import type { Row } from "../faults/arrange-rows.ts";
import { BodyWriter } from "./body-writer.ts";
import { toBase64, toDecimals, toFloat32, vectorOf } from "./vectors.ts";

/** Encoding of a vector in JSON. */
export type VectorEncoding = "float" | "base64";

/** Vector of a row's text, with the row's flaw, as JSON; `escaped` is base64 with escapes that JSON allows. */
export function vectorJson(
  text: string,
  dimensions: number,
  encoding: VectorEncoding | "escaped",
  flaw: Row["flaw"],
): Uint8Array {
  const vector = flaw === "zero" ? new Int32Array(dimensions) : vectorOf(text, dimensions);
  const sized = flaw === "wrongSize" ? vector.subarray(1) : vector;
  const writer = new BodyWriter(sized.length * 13 + 16);
  if (encoding !== "float") {
    const floats = toFloat32(sized);
    if (flaw === "nan") floats[0] = NaN;
    const base64 = toBase64(floats);
    writer.ascii(`"${encoding === "base64" ? base64 : base64.replaceAll("+", "\\u002B").replaceAll("=", "\\u003d")}"`);
  } else {
    writer.ascii(flaw === "nan" ? "[null" : "[");
    if (flaw === "nan" && sized.length > 1) writer.ascii(",");
    writer.bytes(toDecimals(flaw === "nan" ? sized.subarray(1) : sized));
    writer.ascii("]");
  }
  return writer.finish();
}
