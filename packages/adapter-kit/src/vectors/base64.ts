/** Writes what base64 holds into memory from its start, and returns how many bytes it was: fewer for what is not clean base64. */
type Base64Writer = (text: string, memory: Uint8Array) => number;

/** Bytes of padded base64, in memory of their own; undefined for what is not clean base64 or empty. */
export function decodeBase64(text: string): ArrayBuffer | undefined {
  const bytes = base64Bytes(text);
  if (bytes === 0) return undefined;
  const memory = memoryOf(bytes);
  return writer()(text, memory) === bytes ? memory.buffer : undefined;
}

/** Bytes that padded base64 of this length holds; 0 for a length that it can't have. */
export function base64Bytes(text: string): number {
  if (text.length === 0 || text.length % 4 !== 0) return 0;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

/** Memory that is about to be written whole: where there is a way, it is not zeroed before. */
function memoryOf(bytes: number): Uint8Array<ArrayBuffer> {
  return isNode() ? Buffer.allocUnsafeSlow(bytes) : new Uint8Array(bytes);
}

/** Node's own decoder where it is, the fastest by far; else the browser's; else `atob`. */
function writer(): Base64Writer {
  if (isNode()) return writeInNode;
  return "setFromBase64" in Uint8Array.prototype ? writeInBrowser : writeByHand;
}

function isNode(): boolean {
  return typeof globalThis.Buffer === "function";
}

/** @internal for its test */
export function writeInNode(text: string, memory: Uint8Array): number {
  return (memory as Buffer).write(text, "base64");
}

/** @internal for its test */
export function writeInBrowser(text: string, memory: Uint8Array): number {
  return orNothing(() => (memory as Uint8Array & WithBase64).setFromBase64(text).written);
}

/** @internal for its test */
export function writeByHand(text: string, memory: Uint8Array): number {
  const characters = orNothing(() => atob(text));
  if (characters === 0) return 0;
  for (let index = 0; index < characters.length; index++) memory[index] = characters.charCodeAt(index);
  return characters.length;
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
