import { ArgumentError } from "@batchwise/core";
import { kindOf, show } from "../kind-of.ts";
import type { OptionDeclaration } from "./declaration.ts";

/** @throws ArgumentError where `value` is not what is declared; it shows numbers, booleans, kinds and sizes, never a text */
export function checkOption(name: string, value: unknown, declaration: OptionDeclaration): void {
  if (value === undefined ? declaration.required !== true : fits(value, declaration)) return;
  const { expected = expectationOf(declaration), advice = adviceOf(declaration) } = declaration;
  throw new ArgumentError(`Expected \`${name}\` to be ${expected}, got ${show(value)}. ${advice}`);
}

/** @throws ArgumentError where `value` is not an object with all of the methods */
export function requireMethods(value: unknown, methods: readonly string[], expected: string): asserts value is object {
  if (fits(value, { type: "instance", methods, description: "" })) return;
  throw new ArgumentError(`Expected ${expected}, got ${kindOf(value)}. Pass one.`);
}

function adviceOf({ required, examples }: OptionDeclaration): string {
  if (required !== true) return "Correct it or leave it out.";
  return Array.isArray(examples) ? `Give one, such as ${JSON.stringify(examples[0])}.` : "Give one.";
}

/** Tells whether a value is what is declared. */
export function fits(value: unknown, declaration: OptionDeclaration): boolean {
  const { type, holds, takes, enum: values } = declaration;
  if (takes?.(value) === true) return true;
  if (values !== undefined) return values.includes(value);
  const isOfKind = [type].flat().some((kind) => FITS[kind](value, declaration));
  return isOfKind && (holds === undefined || holds(value));
}

type Kinds = OptionDeclaration["type"] & string;
type Fits = (value: any, declaration: OptionDeclaration) => boolean;

const FITS: Readonly<Record<Kinds, Fits>> = {
  string: (value) => typeof value === "string" && value !== "",
  integer: (value, { endless, ...bounds }) =>
    (endless === true && value === Infinity) || (Number.isSafeInteger(value) && isWithin(value as number, bounds)),
  number: (value, { endless, ...bounds }) =>
    typeof value === "number" && (endless === true || value !== Infinity) && isWithin(value, bounds),
  boolean: (value) => typeof value === "boolean",
  array: (value, { maxItems = Infinity }) => Array.isArray(value) && value.length <= maxItems,
  object: (value) => typeof value === "object" && value !== null,
  function: (value) => typeof value === "function",
  instance: (value: Readonly<Record<string, unknown>> | null, { methods = [] }) =>
    typeof value === "object" && value !== null && methods.every((method) => typeof value[method] === "function"),
};

type Bounds = Pick<OptionDeclaration, "minimum" | "exclusiveMinimum" | "maximum">;

function isWithin(value: number, { minimum = -Infinity, exclusiveMinimum = -Infinity, maximum }: Bounds): boolean {
  return value >= minimum && value > exclusiveMinimum && value <= (maximum ?? Infinity);
}

function expectationOf(declaration: OptionDeclaration): string {
  const { type, enum: values, endless, maxItems, methods = [] } = declaration;
  if (values !== undefined) return listed(values.map((value) => JSON.stringify(value)));
  const infinity = endless === true ? ", or Infinity" : "";
  const words: Readonly<Record<Kinds, string>> = {
    string: "a non-empty string",
    integer: `a whole number${boundsOf(declaration)}${infinity}`,
    number: `a number${boundsOf(declaration)}${infinity}`,
    boolean: "true or false",
    array: maxItems === undefined ? "an array" : `an array of at most ${maxItems.toLocaleString("en")}`,
    object: "an object",
    function: "a function",
    instance: `an object with ${methods.map((method) => `${method}()`).join(" and ")}`,
  };
  return listed([type].flat().map((kind) => words[kind]));
}

function boundsOf({ minimum, exclusiveMinimum, maximum }: Bounds): string {
  const from = minimum === undefined ? "" : ` from ${minimum}`;
  const above = exclusiveMinimum === undefined ? "" : ` above ${exclusiveMinimum}`;
  return `${from}${above}${maximum === undefined ? "" : ` to ${maximum.toLocaleString("en")}`}`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
