import { ArgumentError } from "@batchwise/core";
import { nameHint, optionMeant } from "@batchwise/core/wrappers";
import { defined } from "../defined.ts";
import { kindOf } from "../kind-of.ts";
import { checkOption, fits } from "./check-option.ts";
import type { OptionDeclaration, OptionGroup } from "./declaration.ts";

/** The options of one Runnable. */
export interface DefinedOptions {
  readonly group: OptionGroup;
  /** Names of all options. */
  readonly names: readonly string[];
  /** JSON Schema (draft 2020-12) of the options that JSON can hold, for a manifest. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** @throws ArgumentError for a value that is not what is declared, and for a name that is not declared */
  check(given: object): void;
}

/**
 * The options of one Runnable, from their declarations.
 *
 * @param of the Runnable's name, for messages
 * @param groups its own, and those that it shares
 * @throws ArgumentError where two groups declare the same option
 */
export function defineOptions(of: string, ...groups: readonly OptionGroup[]): DefinedOptions {
  const all = groups.flatMap((group) => Object.entries(group));
  const names = all.map(([name]) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) {
    throw new ArgumentError(`Expected each option of ${of} to be declared once, got \`${twice}\` twice. Remove one.`);
  }
  const declared = Object.fromEntries(all);
  return {
    group: declared,
    names,
    get schema() {
      return schemaOf(all);
    },
    check(given) {
      if (!fits(given, { type: "object", description: "" })) {
        throw new ArgumentError(
          `Expected \`options\` to be an object, got ${kindOf(given)}. Write new ${of}(${leastOf(all)}).`,
        );
      }
      const unknown = Object.keys(given).find((name) => !Object.hasOwn(declared, name));
      if (unknown !== undefined) {
        const meant = optionMeant(unknown, names);
        const hint = nameHint(meant && meant + (INSIDE[meant] ?? ""), names);
        throw new ArgumentError(`Expected only known options of ${of}, got \`${unknown}\`. ${hint}`);
      }
      for (const [name, declaration] of all) checkOption(name, (given as OptionGroup)[name], declaration);
    },
  };
}

/** Options with one inside of them that most are after. */
const INSIDE: Readonly<Record<string, string>> = { retry: ": { attempts }", request: ": { maxInputs }" };

/** The least that a Runnable takes, as code: its required options, with their examples. */
function leastOf(all: readonly (readonly [string, OptionDeclaration])[]): string {
  const required = all.filter(([, declaration]) => declaration.required === true);
  const parts = required.map(([name, { examples }]) =>
    Array.isArray(examples) ? `${name}: ${JSON.stringify(examples[0])}` : name,
  );
  return parts.length === 0 ? "" : `{ ${parts.join(", ")} }`;
}

/** `group` with the defaults that hold for one Runnable, or one package. What is undefined stays as it is declared. */
export function withDefaults(group: OptionGroup, defaults: Readonly<Record<string, unknown>>): OptionGroup {
  const changed = Object.entries(defined(defaults)).map(([name, value]) => {
    const { otherwise: _, ...declaration } = group[name]!;
    return [name, { ...declaration, default: value }];
  });
  return { ...group, ...(Object.fromEntries(changed) as OptionGroup) };
}

function schemaOf(all: readonly (readonly [string, OptionDeclaration])[]): Readonly<Record<string, unknown>> {
  const json = all.filter(
    ([, { type, json: isJson }]) => isJson !== false && ![type].flat().some((kind) => NOT_JSON.has(kind)),
  );
  const required = json.flatMap(([name, declaration]) => (declaration.required === true ? [name] : []));
  return {
    type: "object",
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(json.map(([name, declaration]) => [name, propertyOf(declaration)])),
  };
}

const NOT_JSON: ReadonlySet<unknown> = new Set(["function", "instance"]);
/** Keywords that are not JSON Schema's. */
const OURS: ReadonlySet<string> = new Set([
  "required",
  "json",
  "otherwise",
  "endless",
  "takes",
  "methods",
  "holds",
  "expected",
  "advice",
]);

function propertyOf(declaration: OptionDeclaration): Readonly<Record<string, unknown>> {
  const keywords = Object.fromEntries(Object.entries(declaration).filter(([keyword]) => !OURS.has(keyword)));
  const { description, otherwise } = declaration;
  const text = otherwise === undefined ? description : `${description}; by default ${otherwise}`;
  return { ...keywords, description: `${text.charAt(0).toUpperCase()}${text.slice(1)}.` };
}
