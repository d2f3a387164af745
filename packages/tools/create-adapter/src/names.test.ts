import { expect, test } from "vitest";
import { namesOf } from "./names.ts";

test.each([
  ["acme", "acme", "Acme", "Acme", "ACME"],
  ["batchwise-acme-ai", "acme-ai", "AcmeAi", "Acme Ai", "ACME_AI"],
  ["@me/acme_ai.batchwise-adapter", "acme-ai", "AcmeAi", "Acme Ai", "ACME_AI"],
  ["@me/batchwise", "batchwise", "Batchwise", "Batchwise", "BATCHWISE"],
  ["3scale", "provider-3scale", "Provider3scale", "Provider 3scale", "PROVIDER_3SCALE"],
])("%s is %s, %s, %s, %s", (name, slug, pascal, title, constant) => {
  expect(namesOf(name)).toEqual({ package: name, slug, pascal, title, constant });
});
