import type { Adapter, AdapterUse } from "@batchwise/core";
import { defined } from "./defined.ts";
import type { DefinedOptions } from "./options/define-options.ts";

/** An adapter of a manifest, before its JSON Schema is written. */
export interface AdapterParts<Kind extends string> extends Omit<
  Adapter<Kind>,
  "name" | "options" | "structured" | "create"
> {
  /** @default the kind's */
  readonly name?: string;
  readonly options: DefinedOptions;
  /** Makes the Runnable of the options that its user gives. */
  readonly make: (options: never, use: AdapterUse) => ReturnType<Adapter<Kind>["create"]>;
}

/** One adapter of a package's manifest: its JSON Schema is that of its options, and the program's clock and schema are among them, where they have them. */
export function adapterOf<Kind extends string>({ options, make, ...parts }: AdapterParts<Kind>): Adapter<Kind> {
  const has = (name: string): boolean => Object.hasOwn(options.group, name);
  return {
    name: parts.kind,
    ...parts,
    ...(has("schema") && { structured: true }),
    options: options.schema,
    create(given, use = {}) {
      const { clock, schema } = use;
      return make(
        { ...given, ...defined({ ...(has("clock") && { clock }), ...(has("schema") && { schema }) }) } as never,
        use,
      );
    },
  };
}
