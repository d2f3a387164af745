import { afterEach, describe, expect, test, vi } from "vitest";
import { fromBase64, utf8Length } from "./bytes.ts";

afterEach(() => vi.unstubAllGlobals());

describe.each([true, false])("with Node's Buffer: %s", (hasBuffer) => {
  test("UTF-8 is counted in bytes, and what is no text is nothing", () => {
    if (!hasBuffer) vi.stubGlobal("Buffer", undefined);
    expect(["", "a", "é", "€", "😀", 5, null].map((text) => utf8Length(text))).toEqual([0, 1, 2, 3, 4, 0, 0]);
  });

  test("base64 is decoded, and what is none is nothing", () => {
    if (!hasBuffer) vi.stubGlobal("Buffer", undefined);
    expect([...fromBase64("AP8QgA==")]).toEqual([0, 255, 16, 128]);
    expect([...fromBase64("!")]).toEqual([]);
  });
});
