import { expect, test } from "vitest";
import { identifyingOptions, isSecret, propertiesOf, withDefaults } from "./adapter-options.ts";

const properties = propertiesOf({
  type: "object",
  properties: { model: { default: "small" }, apiKey: { writeOnly: true }, size: {} },
});

test("defaults are written out, and given options win", () => {
  expect(withDefaults({ size: 3 }, properties)).toEqual({ model: "small", size: 3 });
  expect(withDefaults({ model: "large" }, properties)).toEqual({ model: "large" });
  expect(propertiesOf({ type: "object" })).toEqual({});
});

test("results depend on neither keys nor pace", () => {
  expect([isSecret(properties["apiKey"]), isSecret(properties["model"]), isSecret(undefined)]).toEqual([
    true,
    false,
    false,
  ]);
  const pace = {
    requestsPerMinute: 1,
    tokensPerMinute: 1,
    inputsPerMinute: 1,
    maxConcurrency: 1,
    retry: false,
    timeoutMs: 1,
    request: {},
    price: {},
  };
  expect(identifyingOptions({ apiKey: "key", size: 3, ...pace }, properties)).toEqual({ model: "small", size: 3 });
});
