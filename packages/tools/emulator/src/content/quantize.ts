/** Quantized types of an embedding. */
export type QuantizedType = "int8" | "uint8" | "binary" | "ubinary";

/** Converts a vector to a quantized type. */
export function quantize(vector: Int32Array, type: QuantizedType): number[] {
  if (type === "int8" || type === "uint8") {
    const most = vector.reduce((largest, element) => Math.max(largest, Math.abs(element)), 1);
    return [...vector].map((element) => Math.round((element / most) * 127) + (type === "uint8" ? 128 : 0));
  }
  const packed: number[] = [];
  for (let at = 0; at < vector.length; at += 8) {
    let byte = 0;
    for (let bit = 0; bit < 8; bit++) byte = (byte << 1) | ((vector[at + bit] ?? 0) > 0 ? 1 : 0);
    packed.push(type === "binary" ? byte - 128 : byte);
  }
  return packed;
}
