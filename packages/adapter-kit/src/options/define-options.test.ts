import { ArgumentError } from "@batchwise/core";
import { describe, expect, expectTypeOf, test } from "vitest";
import { HTTP } from "../http.ts";
import type { Option, OptionDeclaration, OptionGroup, OptionsOf } from "./declaration.ts";
import { defineOptions, withDefaults } from "./define-options.ts";
import { optionTable } from "./option-table.ts";
import { PACE } from "./pace.ts";

const check = (declaration: OptionDeclaration, value: unknown): void =>
  defineOptions("Tern", { it: declaration }).check({ it: value });

describe("one declaration is all that an option needs", () => {
  const OWN = {
    /** Length of each vector. */
    dimensions: { type: "integer", minimum: 1, description: "length of each vector", otherwise: "the model's own" },
  } as const;
  const options = defineOptions("Tern", OWN);

  test("its type follows", () => {
    expectTypeOf<OptionsOf<typeof OWN>>().toEqualTypeOf<{ readonly dimensions?: number | undefined }>();
  });

  test("its check follows", () => {
    expect(() => options.check({ dimensions: 3 })).not.toThrow();
    expect(() => options.check({ dimensions: undefined })).not.toThrow();
    expect(() => options.check({ dimensions: 0 })).toThrow(
      new ArgumentError("Expected `dimensions` to be a whole number from 1, got 0. Correct it or leave it out."),
    );
  });

  test("its name follows, by which one that is misspelt is told", () => {
    expect(options.names).toEqual(["dimensions"]);
    expect(() => options.check({ dimension: 3 })).toThrow(
      new ArgumentError("Expected only known options of Tern, got `dimension`. Did you mean `dimensions`?"),
    );
  });

  test("a name that is like none is told the names that there are", () => {
    expect(() => options.check({ verbose: true })).toThrow(
      new ArgumentError("Expected only known options of Tern, got `verbose`. Known: dimensions."),
    );
  });

  test("its JSON Schema follows", () => {
    expect(options.schema).toEqual({
      type: "object",
      additionalProperties: false,
      properties: {
        dimensions: { type: "integer", minimum: 1, description: "Length of each vector; by default the model's own." },
      },
    });
  });

  test("its row in the README follows", () => {
    expect(optionTable(options.group)).toContain("| `dimensions` | the model's own | length of each vector |");
  });
});

test.for([
  ["baseUrl", "baseURL"],
  ["endpoint", "baseURL"],
  ["timeout", "timeoutMs"],
  ["concurrency", "maxConcurrency"],
  ["maxRetries", "retry: { attempts }"],
  ["batchSize", "request: { maxInputs }"],
  ["openAIApiKey", "apiKey"],
] as const)("an option in the words of an SDK, %s, is refused with ours", ([name, meant]) => {
  const request = { request: { type: "object", description: "" } } as const;
  expect(() => defineOptions("Tern", HTTP, PACE, request).check({ [name]: 1 })).toThrow(
    new ArgumentError(`Expected only known options of Tern, got \`${name}\`. Did you mean \`${meant}\`?`),
  );
});

test.for([
  [undefined, "undefined"],
  [null, "null"],
  ["tern-1", "a string of length 6"],
] as const)("new Tern(%j) says what to write", ([options, got]) => {
  const model = { type: "string", required: true, description: "", examples: ["tern-1"] } as const;
  const make = (group: OptionGroup) => (): void => defineOptions("Tern", group).check(options as never);
  expect(make({ model, size: { type: "integer", description: "" } })).toThrow(
    new ArgumentError(`Expected \`options\` to be an object, got ${got}. Write new Tern({ model: "tern-1" }).`),
  );
  expect(make({})).toThrow(new ArgumentError(`Expected \`options\` to be an object, got ${got}. Write new Tern().`));
});

test("an option that is declared twice is an error that names it", () => {
  const group = { model: { type: "string", description: "a" } } as const;
  expect(() => defineOptions("Tern", group, { other: group.model }, group)).toThrow(
    new ArgumentError("Expected each option of Tern to be declared once, got `model` twice. Remove one."),
  );
});

test("types come from keywords, and from a cast where keywords do not tell them", () => {
  const group = {
    text: { type: "string", description: "" },
    count: { type: "number", description: "" },
    flag: { type: "boolean", description: "" },
    kind: { type: "string", enum: ["a", "b"], description: "" },
    fetch: { type: "function", description: "" } as Option<typeof fetch>,
  } as const;
  expect(group.kind.enum).toHaveLength(2);
  expectTypeOf<OptionsOf<typeof group>>().toEqualTypeOf<{
    readonly text?: string | undefined;
    readonly count?: number | undefined;
    readonly flag?: boolean | undefined;
    readonly kind?: "a" | "b" | undefined;
    readonly fetch?: typeof fetch | undefined;
  }>();
});

test.for<[OptionDeclaration, unknown[], unknown[], string]>([
  [{ type: "string", description: "" }, ["a"], ["", 1, null], "a non-empty string"],
  [{ type: "boolean", description: "" }, [true, false], [0, "true"], "true or false"],
  [{ type: "integer", description: "" }, [-1, 0, 2 ** 53 - 1], [1.5, Infinity, 2 ** 53, "1"], "a whole number"],
  [
    { type: "integer", minimum: 0, maximum: 999, description: "" },
    [0, 999],
    [-1, 1000],
    "a whole number from 0 to 999",
  ],
  [
    { type: "integer", minimum: 1, endless: true, description: "" },
    [1, Infinity],
    [0, 1.5, -Infinity],
    "a whole number from 1, or Infinity",
  ],
  [{ type: "number", exclusiveMinimum: 0, description: "" }, [0.1], [0, Number.NaN, Infinity], "a number above 0"],
  [{ type: "number", minimum: 0, maximum: 2, description: "" }, [0, 2], [2.1, -1], "a number from 0 to 2"],
  [{ type: "array", maxItems: 2, description: "" }, [[], [1, 2]], [[1, 2, 3], {}], "an array of at most 2"],
  [{ type: "object", description: "" }, [{}], [null, "x"], "an object"],
  [{ type: "function", description: "" }, [(): void => {}], [{}], "a function"],
  [
    { type: "instance", methods: ["now", "after"], description: "" },
    [{ now() {}, after() {} }],
    [{ now() {} }, null, "x"],
    "an object with now() and after()",
  ],
  [{ type: "string", enum: ["END", "NONE"], description: "" }, ["END"], ["end", 1], '"END" or "NONE"'],
  [
    { type: ["object", "boolean"], holds: (value) => value !== true, description: "" },
    [false, {}],
    [true, 3],
    "an object or true or false",
  ],
  [
    { type: "string", takes: (value) => typeof value === "function", description: "", expected: "a key" },
    ["k", (): string => "k"],
    ["", 7],
    "a key",
  ],
])("%j is held against its declaration", ([declaration, good, bad, expected]) => {
  for (const value of good) expect(() => check(declaration, value)).not.toThrow();
  for (const value of bad) {
    expect(() => check(declaration, value)).toThrow(ArgumentError);
    expect(() => check(declaration, value)).toThrow(`Expected \`it\` to be ${expected}, got `);
  }
});

test("P35 a message shows numbers and booleans, and of anything else kind and size", () => {
  const shown = (value: unknown): string => {
    try {
      check({ type: "integer", minimum: 1, description: "" }, value);
    } catch (error) {
      return /, got (.*)\. Correct/.exec((error as Error).message)?.[1] ?? "";
    }
    return "";
  };
  expect([-1, true, "sk-secret", "", ["secret"], { secret: 1 }, null, (): void => {}].map(shown)).toEqual([
    "-1",
    "true",
    "a string of length 9",
    "an empty string",
    "an array of length 1",
    "an object",
    "null",
    "a function",
  ]);
});

test("what is required has to be there, and the message says what it could be", () => {
  const model: OptionDeclaration = { type: "string", required: true, description: "", examples: ["tern-2"] };
  const options = defineOptions("Tern", { model });
  expect(() => options.check({})).toThrow(
    'Expected `model` to be a non-empty string, got undefined. Give one, such as "tern-2".',
  );
  expect(options.schema).toMatchObject({ required: ["model"] });
});

test("a manifest has the options that JSON can hold, and no keyword of ours", () => {
  const { schema } = defineOptions("Tern", {
    key: { type: "string", writeOnly: true, description: "the key", expected: "a key", holds: () => true },
    fetch: { type: "function", description: "" },
    limiter: { type: "instance", methods: ["reserve"], description: "" },
    jsonSchema: { type: "object", json: false, description: "" },
    pace: { type: "integer", endless: true, default: 5, description: "calls at once" },
  });
  expect(schema["properties"]).toEqual({
    key: { type: "string", writeOnly: true, description: "The key." },
    pace: { type: "integer", default: 5, description: "Calls at once." },
  });
});

test("defaults may differ from Runnable to Runnable", () => {
  const pace = { type: "integer", description: "calls at once" } as const;
  const group = { pace: { ...pace, otherwise: "as many as there is room for" } };
  expect(withDefaults(group, { pace: 64 })).toEqual({ pace: { ...pace, default: 64 } });
  expect(withDefaults(group, { pace: undefined })).toEqual(group);
});
