/** Decoder that is the baseline of the others. */
export const FLOOR = "JSON.parse and base64 from known offsets";

/** Decoder of Batchwise: `invokeMany` is one request for one response. */
export const OURS = "Batchwise invokeMany";
