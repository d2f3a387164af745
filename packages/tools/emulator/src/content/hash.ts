/** Two independent 32-bit hashes of a text. */
export function hashPair(text: string): readonly [number, number] {
  let first = 0x243f6a88;
  let second = 0x85a308d3;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    first = Math.imul(first ^ code, 0x9e3779b1);
    second = Math.imul(second ^ code, 0x5f356495);
  }
  // Each depends on both: short texts leave the upper bits of one almost untouched.
  first = mix(first ^ (second >>> 15) ^ text.length);
  second = mix(second ^ (first >>> 13));
  return [first, second];
}

/** Name under which `stats().inputs` counts a text: 16 hexadecimal digits, the same in every run. */
export function hashText(text: string): string {
  return hashPair(text).map(hex).join("");
}

/** A number in [0, 1) for a text. */
export function unitOf(text: string): number {
  return (hashPair(text)[0] >>> 0) / 2 ** 32;
}

/** Spreads every bit of a 32-bit number over all of them. */
export function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x21f0aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
