import { type Adapter, ArgumentError } from "@batchwise/core";
import { kindOf } from "./kind-of.ts";
import { ADAPTER_NAME } from "./reference.ts";

/** @throws ArgumentError that names all that is wrong with the export `adapters` of a package */
export function readAdapters(name: string, module: object): readonly Adapter[] {
  const { adapters } = module as { readonly adapters?: unknown };
  if (adapters === undefined) {
    throw new ArgumentError(
      `Expected ${name} to export \`adapters\`, got none, so nothing in it can be loaded by name. Check the package's name, or import it.`,
    );
  }
  const problems = problemsOf(adapters);
  if (problems.length === 0) return adapters as readonly Adapter[];
  throw new ArgumentError(
    `Expected ${name} to export a valid list \`adapters\`, got this: ${problems.join("; ")}. ` +
      "Install another version, or tell its author.",
  );
}

type Property = readonly [name: keyof Adapter, isValid: (value: unknown) => boolean, expected: string];

const REQUIRED: readonly Property[] = [
  ["name", (value) => typeof value === "string" && ADAPTER_NAME.test(value), "letters, digits and hyphens"],
  ["kind", isText, "a text such as embeddings"],
  ["description", isText, "a sentence"],
  ["options", isObjectSchema, 'a JSON Schema with the type "object"'],
  ["create", isFunction, "a function"],
];

const OPTIONAL: readonly Property[] = [
  ["inputs", isObject, "inputs such as { messages: true }"],
  ["structured", (value) => typeof value === "boolean", "true or false"],
  ["limits", isObject, "limits such as { maxInputs: 96 }"],
  ["key", isText, "the name of an environment variable"],
  ["dimensions", isFunction, "a function of the options"],
];

function problemsOf(adapters: unknown): string[] {
  if (!Array.isArray(adapters)) return [`adapters must be a list, got ${kindOf(adapters)}`];
  if (adapters.length === 0) return ["adapters must hold at least one, got an empty list"];
  const names = adapters.map((adapter) => (isObject(adapter) ? (adapter as Partial<Adapter>).name : undefined));
  return adapters.flatMap((adapter, index) => {
    if (!isObject(adapter)) return [`adapters[${index}] must be an object, got ${kindOf(adapter)}`];
    const isTwice = names[index] !== undefined && names.indexOf(names[index]) < index;
    return [
      ...problemsIn(adapter, `adapters[${index}]`),
      ...(isTwice ? [`adapters[${index}].name must be unique, got the name of another`] : []),
    ];
  });
}

function problemsIn(adapter: Partial<Adapter>, where: string): string[] {
  const given = OPTIONAL.filter(([name]) => adapter[name] !== undefined);
  return [...REQUIRED, ...given]
    .filter(([name, isValid]) => !isValid(adapter[name]))
    .map(([name, , expected]) => `${where}.${name} must be ${expected}, got ${kindOf(adapter[name])}`);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isObjectSchema(value: unknown): boolean {
  return isObject(value) && "type" in value && value.type === "object";
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
