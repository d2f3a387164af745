import { MessageChannel } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { isCloneable, transferablesIn } from "./transfer.ts";

describe("transferablesIn", () => {
  it("finds each buffer once, in arrays, objects, Maps and Sets", () => {
    const matrix = new Float32Array(6);
    const [a, b] = [new ArrayBuffer(1), new ArrayBuffer(2)];
    const value = {
      rows: [matrix.subarray(0, 3), matrix.subarray(3)],
      more: new Map([[a, new Set([b])]]),
    };
    expect(transferablesIn(value)).toEqual([matrix.buffer, a, b]);
  });

  it("leaves Node's shared pool, shared memory and detached buffers alone", () => {
    const detached = new ArrayBuffer(1);
    structuredClone(detached, { transfer: [detached] });
    expect(transferablesIn([Buffer.from("pooled"), new SharedArrayBuffer(1), detached])).toEqual([]);
  });

  it("is not caught in a circle", () => {
    const value: { self?: unknown } = {};
    value.self = value;
    expect(transferablesIn(value)).toEqual([]);
  });
});

class Point {
  readonly x = 1;
}

describe("isCloneable", () => {
  const detached = new Float32Array(1);
  structuredClone(detached, { transfer: [detached.buffer] });
  const circle: { self?: unknown } = {};
  circle.self = circle;

  it.each([
    ["primitives", [1, "a", 1n, null, undefined, true]],
    ["buffers", [new Float32Array(2), new ArrayBuffer(0), Buffer.from("a")]],
    ["collections", { map: new Map([[1, new Date(0)]]), set: new Set([/a/]) }],
    ["errors and class instances", [new TypeError("a"), new Point()]],
    ["a circle", circle],
  ])("holds for %s, as structuredClone does", (_, value) => {
    expect(isCloneable(value)).toBe(true);
    expect(() => structuredClone(value)).not.toThrow();
  });

  it.each([
    ["a function", [{ deep: () => 1 }]],
    ["a symbol", Symbol("a")],
    ["a function in a Map", new Map([[1, () => 1]])],
    ["a Proxy", new Proxy({}, {})],
    ["a detached buffer", detached],
    ["a promise", Promise.resolve()],
    [
      "a getter that throws",
      {
        get value(): never {
          throw new Error("refused");
        },
      },
    ],
  ])("does not hold for %s, as structuredClone throws", (_, value) => {
    expect(isCloneable(value)).toBe(false);
    expect(() => structuredClone(value) as unknown).toThrow(/could not be cloned|refused/);
  });

  it("holds for a port only where it is moved", () => {
    const { port1 } = new MessageChannel();
    expect(isCloneable({ port1 })).toBe(false);
    expect(isCloneable({ port1 }, [port1])).toBe(true);
    port1.close();
  });
});
