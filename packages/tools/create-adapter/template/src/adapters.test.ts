import { type Adapter, ArgumentError, isRunnable } from "@batchwise/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { adapters } from "./index.ts";

beforeEach(() => vi.stubEnv("MY_PROVIDER_API_KEY", "k"));
afterEach(() => vi.unstubAllEnvs());

test("each adapter has a name of its own, made of letters, digits and hyphens", () => {
  const names = adapters.map((adapter) => adapter.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.every((name) => /^[a-z\d-]+$/i.test(name))).toBe(true);
});

test.for([...adapters])(
  "$name is made with any options that its schema allows, and with none",
  ({ create, options }) => {
    expect(isRunnable(create({}))).toBe(true);
    const { properties } = options as {
      properties: Record<string, { type: string; default?: unknown; minimum?: number }>;
    };
    for (const [name, { type, default: value, minimum = 1 }] of Object.entries(properties)) {
      expect(isRunnable(create({ [name]: value ?? (type === "string" ? "text" : minimum) }))).toBe(true);
    }
  },
);

test.for([...adapters])("$name needs its key", ({ create, key }: Adapter) => {
  vi.stubEnv(key ?? "", "");
  expect(() => create({})).toThrow(ArgumentError);
});
