/** The decoder that the others are measured against. */
export const FLOOR = "JSON.parse and base64 from known offsets";

/** Batchwise's own: `invokeMany` is one request for one response. */
export const OURS = "Batchwise invokeMany";
