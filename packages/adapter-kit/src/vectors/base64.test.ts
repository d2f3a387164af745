import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { base64Bytes, decodeBase64, writeByHand, writeInBrowser, writeInNode } from "./base64.ts";

const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
const base64 = (values: Uint8Array): string => Buffer.from(values).toString("base64");

afterEach(() => {
  Reflect.deleteProperty(Uint8Array.prototype, "setFromBase64");
  vi.unstubAllGlobals();
});

/** As browsers have it: throws at anything that is no clean base64. */
function stubBrowser(): void {
  Reflect.defineProperty(Uint8Array.prototype, "setFromBase64", {
    configurable: true,
    value(this: Uint8Array, text: string) {
      const decoded = Buffer.from(text, "base64");
      if (decoded.toString("base64") !== text) throw new SyntaxError("no base64");
      this.set(decoded);
      return { read: text.length, written: decoded.length };
    },
  });
}

test("knows how many bytes there will be", () => {
  fc.assert(fc.property(bytes, (values) => base64Bytes(base64(values)) === values.length));
  expect(["", "AAA", "AAAAA"].map(base64Bytes)).toEqual([0, 0, 0]);
});

test.for([
  ["Node", writeInNode],
  ["a browser", writeInBrowser],
  ["a runtime with atob alone", writeByHand],
] as const)("%s decodes what Node encodes", ([, write]) => {
  stubBrowser();
  fc.assert(
    fc.property(bytes, (values) => {
      const memory = Buffer.alloc(values.length);
      expect(write(base64(values), memory)).toBe(values.length);
      expect([...memory]).toEqual([...values]);
    }),
  );
});

test.for([
  ["Node", writeInNode],
  ["a browser", writeInBrowser],
  ["a runtime with atob alone", writeByHand],
] as const)("%s gives fewer bytes for what is no base64", ([, write]) => {
  stubBrowser();
  for (const text of ["{}{}{}{}", "AAAA-*-*", "AAA=AAAA"]) {
    expect(write(text, Buffer.alloc(6))).toBeLessThan(6);
  }
});

test("bytes have memory of their own, and what is not base64 has none", () => {
  for (const text of ["", "AAA", "{}{}{}{}", String.raw`AA\/AAAAA`]) expect(decodeBase64(text)).toBeUndefined();
  fc.assert(
    fc.property(bytes, (values) => {
      const buffer = decodeBase64(base64(values));
      expect(buffer?.byteLength).toBe(values.length);
      expect(new Uint8Array(buffer as ArrayBuffer)).toEqual(values);
    }),
  );
});

test("without Buffer, the browser's decoder is used where there is one", () => {
  vi.stubGlobal("Buffer", undefined);
  expect([...new Uint8Array(decodeBase64("AQID") as ArrayBuffer)]).toEqual([1, 2, 3]);

  const asked: string[] = [];
  Reflect.defineProperty(Uint8Array.prototype, "setFromBase64", {
    configurable: true,
    value: (text: string) => ({ read: asked.push(text), written: 3 }),
  });
  expect(decodeBase64("AQID")?.byteLength).toBe(3);
  expect(asked).toEqual(["AQID"]);
});
