import { type CallReport, InputError } from "@batchwise/core";
import { expect, test } from "vitest";
import { notInput, overlongText, requireText, sendRest, textsIn, weighText } from "./texts.ts";

test("L6 P36 what can't be sent fails in its own slot, and the rest goes out with its positions", async () => {
  const sent: unknown[] = [];
  const slots = await sendRest(textsIn(["a", "", 4, "bb"]), {}, async (texts, positions) => {
    sent.push([texts, positions]);
    return texts.map((text) => text.length);
  });
  expect(sent).toEqual([
    [
      ["a", "bb"],
      [0, 3],
    ],
  ]);
  expect(slots).toEqual([1, expect.any(InputError), expect.any(InputError), 2]);
  expect(slots.slice(1, 3).map((slot) => (slot as InputError).position)).toEqual([1, 2]);
});

test("L3 where nothing is left there is no call, and nothing is used", async () => {
  const reports: CallReport[] = [];
  const report = (each: CallReport): unknown => reports.push(each);
  const send = (): never => {
    throw new Error("sent");
  };
  expect(await sendRest(textsIn([""]), { report }, send)).toEqual([expect.any(InputError)]);
  expect(await sendRest([], { report }, send)).toEqual([]);
  expect(reports).toEqual([{ usage: { inputTokens: 0 } }, { usage: { inputTokens: 0 } }]);
});

test("P35 messages hold kind and size of an input, never the input", () => {
  expect(() => requireText("")).toThrow(
    "Expected the input to be a non-empty string, got an empty string. Change it, or leave it out.",
  );
  expect(notInput("a query", "secret", 2)).toMatchObject({
    position: 2,
    message: "Expected input 2 of the request to be a query, got a string of length 6. Change it, or leave it out.",
  });
  expect(overlongText(1, 8).message).toContain("input 1 of the request to have at most 8 tokens, got more");
});

test("a text weighs its bytes, up to what is read of it; what is not a text has no weight", () => {
  expect(weighText("é!")).toEqual({ tokens: 3, outputTokens: 0 });
  expect(weighText("a longer one", 5)).toEqual({ tokens: 5, outputTokens: 0 });
  for (const wrong of ["", 5, undefined]) expect(() => weighText(wrong)).toThrow(InputError);
});
