import { type Runnable, runnable, systemClock } from "@batchwise/core";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { adapterOf } from "./manifest.ts";
import { defineOptions } from "./options/define-options.ts";
import { PACE } from "./options/pace.ts";
import { STRUCTURED } from "./structured.ts";

const fields = { name: "it", kind: "tern", description: "One." } as const;

test("an entry has the JSON Schema of its options, and what else it is given", () => {
  const options = defineOptions("Tern", { model: { type: "string", description: "the model" } });
  const adapter = adapterOf<"tern">({ ...fields, key: "TERN_API_KEY", options, make: () => runnable(() => 1) });
  expect(adapter).toMatchObject({ ...fields, key: "TERN_API_KEY", options: options.schema });
});

test("an entry without a name has its kind's", () => {
  const options = defineOptions("Tern", {});
  const parts = { kind: "tern", description: "One.", options, make: () => runnable(() => 1) } as const;
  expect([adapterOf<"tern">(parts).name, adapterOf<"tern">({ ...parts, name: "it" }).name]).toEqual(["tern", "it"]);
});

test("the program's schema is one of the options where they have it, and the entry says so", () => {
  const make = vi.fn<(options: object, use: object) => Runnable<unknown, number>>(() => runnable(() => 1));
  const schema = z.object({ name: z.string() });
  const made = [STRUCTURED, {}].map((group) =>
    adapterOf<"tern">({ ...fields, options: defineOptions("Tern", group), make }),
  );
  for (const { create } of made) create({}, { schema });
  expect(made.map(({ structured }) => structured)).toEqual([true, undefined]);
  expect(make.mock.calls.map(([options]) => options)).toEqual([{ schema }, {}]);
});

test("the program's clock is one of the options where they have it, and the purpose is told", () => {
  const make = vi.fn<(options: object, use: object) => Runnable<unknown, number>>(() => runnable(() => 1));
  for (const group of [PACE, {}]) {
    adapterOf<"tern">({ ...fields, options: defineOptions("Tern", group), make }).create(
      { model: "m" },
      { clock: systemClock, purpose: "query" },
    );
  }
  expect(make.mock.calls).toEqual([
    [
      { model: "m", clock: systemClock },
      { clock: systemClock, purpose: "query" },
    ],
    [{ model: "m" }, { clock: systemClock, purpose: "query" }],
  ]);
});
