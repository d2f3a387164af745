/** Memory that base64 of one length is decoded into, again and again. */
export interface Base64Memory {
  readonly buffer: ArrayBuffer;
  /** Writes what `text` holds from the start, and returns how many bytes it were: fewer for what is no clean base64. */
  decode(text: string): number;
}

/** Bytes that padded base64 of this length holds; 0 for a length that it can't have. */
export function base64Bytes(text: string): number {
  if (text.length === 0 || text.length % 4 !== 0) return 0;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

/** Node's own decoder where it is, the fastest by far; else the browser's; else `atob`. */
export function base64Memory(bytes: number): Base64Memory {
  if (typeof globalThis.Buffer === "function") return nodeMemory(bytes);
  return "setFromBase64" in Uint8Array.prototype ? browserMemory(bytes) : plainMemory(bytes);
}

function nodeMemory(bytes: number): Base64Memory {
  const buffer = new ArrayBuffer(bytes);
  const view = Buffer.from(buffer);
  return { buffer, decode: (text) => view.write(text, "base64") };
}

/** @internal for its test, and `base64Memory` */
export function browserMemory(bytes: number): Base64Memory {
  const buffer = new ArrayBuffer(bytes);
  const view = new Uint8Array(buffer) as Uint8Array & WithBase64;
  return { buffer, decode: (text) => orNothing(() => view.setFromBase64(text).written) };
}

/** @internal for its test, and `base64Memory` */
export function plainMemory(bytes: number): Base64Memory {
  const buffer = new ArrayBuffer(bytes);
  const view = new Uint8Array(buffer);
  return {
    buffer,
    decode: (text) => {
      const characters = orNothing(() => atob(text));
      if (characters === 0) return 0;
      for (let index = 0; index < characters.length; index++) view[index] = characters.charCodeAt(index);
      return characters.length;
    },
  };
}

/** Both throw at what is no base64. */
function orNothing<Result>(decode: () => Result): Result | 0 {
  try {
    return decode();
  } catch {
    return 0;
  }
}

/** ES2026, newer than the compiler's library. */
interface WithBase64 {
  setFromBase64(text: string): { readonly written: number };
}
