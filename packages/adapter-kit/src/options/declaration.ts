/** Kinds that JSON Schema has, and two that no JSON can hold: such an option is in no manifest. */
type Kind = "string" | "integer" | "number" | "boolean" | "array" | "object" | "function" | "instance";

/**
 * Declaration of one option of an adapter. Its check, its place in the manifest's JSON Schema and its row in the README follow
 * from it. Further keywords are JSON Schema's: `examples`, `items`, `properties`, `writeOnly`, ...
 */
export interface OptionDeclaration {
  readonly type: Kind | readonly Kind[];
  /** A part of a sentence without a full stop: "length of each vector". */
  readonly description: string;
  /** Value that holds where it is left out. It only tells: the adapter applies it. */
  readonly default?: unknown;
  /** The same in words, where it is not one value: "the model's own". */
  readonly otherwise?: string;
  readonly required?: true;
  /** Leaves it out of a manifest, where it is of no use without options that no JSON can hold. */
  readonly json?: false;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  /** Takes Infinity, too. */
  readonly endless?: true;
  /** Accepts further values, which no JSON can hold. */
  readonly takes?: (value: unknown) => boolean;
  /** Methods of an instance. */
  readonly methods?: readonly string[];
  /** Checks what no keyword says. */
  readonly holds?: (value: unknown) => boolean;
  /** Expected value, in the words of a message. @default the words that follow from the keywords */
  readonly expected?: string;
  /** Advice for a value that is not as expected. @default to give one, where one is required; else to leave it out */
  readonly advice?: string;
  readonly [keyword: string]: unknown;
}

/** Options by name. */
export type OptionGroup = Readonly<Record<string, OptionDeclaration>>;

/** A declaration whose values have a type that its keywords do not tell: `{ type: "object", ... } as Option<Price>`. */
export interface Option<Value> extends OptionDeclaration {
  /** Carries the type. It is never there. */
  readonly value?: Value;
}

/**
 * The options that a group declares, each of them optional, with the docstrings of their declarations.
 *
 * @example
 * const OWN = {
 *   \/** Length of each vector. *\/
 *   dimensions: { type: "integer", minimum: 1, description: "length of each vector" },
 * } as const;
 * export interface MyOptions extends OptionsOf<typeof OWN>, PaceOptions {}
 */
export type OptionsOf<Group> = { readonly [Name in keyof Group]?: ValueOf<Group[Name]> | undefined };

type ValueOf<Declaration> = Declaration extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : Declaration extends { readonly type: "string" }
    ? string
    : Declaration extends { readonly type: "integer" | "number" }
      ? number
      : Declaration extends { readonly type: "boolean" }
        ? boolean
        : Declaration extends Option<infer Value>
          ? Value
          : unknown;
