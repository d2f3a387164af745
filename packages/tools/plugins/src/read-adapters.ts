import { type Adapter, ArgumentError } from "@batchwise/core";
import { kindOf } from "./kind-of.ts";
import { ADAPTER_NAME } from "./reference.ts";

/** @throws ArgumentError that names everything that is wrong with what a package exports as `adapters` */
export function readAdapters(name: string, module: object): readonly Adapter[] {
  const { adapters } = module as { readonly adapters?: unknown };
  if (adapters === undefined) {
    throw new ArgumentError(
      `${name} exports no \`adapters\`, so nothing in it can be loaded by name. Check the package's name, or import it.`,
    );
  }
  const problems = problemsOf(adapters);
  if (problems.length === 0) return adapters as readonly Adapter[];
  throw new ArgumentError(
    `${name} exports \`adapters\` that are not what they should be: ${problems.join("; ")}. ` +
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
  ["limits", isObject, "limits such as { maxInputs: 96 }"],
  ["key", isText, "the name of an environment variable"],
  ["dimensions", isFunction, "a function of the options"],
];

function problemsOf(adapters: unknown): string[] {
  if (!Array.isArray(adapters)) return [`expected a list, came ${kindOf(adapters)}`];
  if (adapters.length === 0) return ["expected at least one, came an empty list"];
  const names = adapters.map((adapter) => (isObject(adapter) ? (adapter as Partial<Adapter>).name : undefined));
  return adapters.flatMap((adapter, index) => {
    if (!isObject(adapter)) return [`adapters[${index}]: expected an object, came ${kindOf(adapter)}`];
    const isTwice = names[index] !== undefined && names.indexOf(names[index]) < index;
    return [
      ...problemsIn(adapter, `adapters[${index}]`),
      ...(isTwice ? [`adapters[${index}].name: expected one that no other has, came one that is there twice`] : []),
    ];
  });
}

function problemsIn(adapter: Partial<Adapter>, where: string): string[] {
  const given = OPTIONAL.filter(([name]) => adapter[name] !== undefined);
  return [...REQUIRED, ...given]
    .filter(([name, isValid]) => !isValid(adapter[name]))
    .map(([name, , expected]) => `${where}.${name}: expected ${expected}, came ${kindOf(adapter[name])}`);
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
