import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { loadAllContenders, loadContenders } from "./index.ts";
import { failing, work } from "./work.ts";

const CONCURRENCY = 4;
const contenders = await loadAllContenders();
const inputs = Array.from({ length: 250 }, (_, index) => index);

test("names are unique, and the first is the baseline", () => {
  const names = contenders.map((contender) => contender.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names[0]).toBe("hand-written loop");
});

test("an unknown module is refused by name", async () => {
  await expect(loadContenders("bluebird")).rejects.toThrow(/Expected a contender module.*got "bluebird"/);
});

describe.each(contenders)("$name", (contender) => {
  test("L1 L2 gives each input's output in input order", async () => {
    const read = await contender.run(inputs, work, CONCURRENCY);
    expect(read()).toEqual(inputs.map((input) => input * 2));
  });

  test("L8 has as many calls in flight as allowed, and never more", async () => {
    let inFlight = 0;
    let most = 0;
    const read = await contender.run(
      inputs,
      async (input) => {
        most = Math.max(most, ++inFlight);
        await turn();
        inFlight--;
        return input;
      },
      CONCURRENCY,
    );
    expect(read()).toEqual(inputs);
    expect(most).toBe(CONCURRENCY);
  });

  test("L3 returns no output for no input", async () => {
    let calls = 0;
    const read = await contender.run([], async (input) => (calls++, input), CONCURRENCY);
    expect(read()).toEqual([]);
    expect(calls).toBe(0);
  });
});

const survivors = contenders.filter((contender) => contender.guarantees.survives);
const others = contenders.filter((contender) => !contender.guarantees.survives);

test.each(survivors)("L6 $name loses no other output to a failure, as the table says", async (contender) => {
  const outputs = (await contender.run(inputs, failing, CONCURRENCY))();
  const shown = outputs.map((output) => (output instanceof Error ? "an error" : output));
  expect(shown).toEqual(inputs.map((input) => (input % 100 === 99 ? "an error" : input * 2)));
});

test.each(others)("$name fails as a whole, as the table says", async (contender) => {
  await expect(contender.run(inputs, failing, CONCURRENCY)).rejects.toThrow(
    /a failure that the benchmark asks for|run to its end/,
  );
});
