import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { base64Bytes, base64Memory, browserMemory, plainMemory } from "./base64.ts";

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
  ["Node", base64Memory],
  ["a browser", browserMemory],
  ["a runtime with atob alone", plainMemory],
] as const)("%s decodes what Node encodes", ([, memoryOf]) => {
  stubBrowser();
  fc.assert(
    fc.property(bytes, (values) => {
      const memory = memoryOf(values.length);
      expect(memory.decode(base64(values))).toBe(values.length);
      expect(new Uint8Array(memory.buffer)).toEqual(values);
    }),
  );
});

test.for([
  ["Node", base64Memory],
  ["a browser", browserMemory],
  ["a runtime with atob alone", plainMemory],
] as const)("%s gives fewer bytes for what is no base64", ([, memoryOf]) => {
  stubBrowser();
  for (const text of ["{}{}{}{}", "AAAA-*-*", "AAA=AAAA"]) {
    expect(memoryOf(6).decode(text)).toBeLessThan(6);
  }
});

test("without Buffer, the browser's decoder is used where there is one", () => {
  vi.stubGlobal("Buffer", undefined);
  const plain = base64Memory(3);
  expect(plain.decode("AQID")).toBe(3);
  expect([...new Uint8Array(plain.buffer)]).toEqual([1, 2, 3]);

  const asked: string[] = [];
  Reflect.defineProperty(Uint8Array.prototype, "setFromBase64", {
    configurable: true,
    value: (text: string) => ({ read: asked.push(text), written: 3 }),
  });
  expect(base64Memory(3).decode("AQID")).toBe(3);
  expect(asked).toEqual(["AQID"]);
});
