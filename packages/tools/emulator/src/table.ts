import { InvalidArgumentError, Option } from "commander";

/** Makes a flag of this name, without dashes. */
export type Flag = (name: string) => Option;

/** A flag for each option. One that is declared without a flag does not compile. */
export type Table<Options> = { readonly [Name in keyof Required<Options>]: Flag };

/** Flags of a table, named after their options. */
export function optionsIn(table: Readonly<Record<string, Flag>>): Option[] {
  return Object.entries(table).map(([name, flag]) => flag(kebab(name)));
}

/** Values of a table's flags. */
export function pick<Name extends string, Flags extends { readonly [Each in Name]?: unknown }>(
  flags: Flags,
  table: { readonly [Each in Name]: Flag },
): Pick<Flags, Name> {
  return Object.fromEntries((Object.keys(table) as Name[]).map((name) => [name, flags[name]])) as Pick<Flags, Name>;
}

/** Flag of an option, without dashes: `serverErrorRate` is --server-error-rate. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function text(placeholder: string, about: string): Flag {
  return (name) => new Option(`--${name} ${placeholder}`, about);
}

export function isSet(about: string): Flag {
  return (name) => new Option(`--${name}`, about);
}

export function choice(placeholder: string, about: string, choices: readonly string[]): Flag {
  return (name) => text(placeholder, about)(name).choices(choices);
}

export function numeric(placeholder: string, about: string): Flag {
  return (name) =>
    text(
      placeholder,
      about,
    )(name).argParser((value: string) => {
      const number = Number(value);
      if (value.trim() === "" || !Number.isFinite(number)) throw new InvalidArgumentError("Give a number.");
      return number;
    });
}

/** Flag that may be repeated, each time with JSON. */
export function jsonList(about: string): Flag {
  return (name) =>
    text(
      "<json>",
      about,
    )(name).argParser((value: string, before: readonly unknown[] | undefined) => [...(before ?? []), json(value)]);
}

/** Words that are separated by commas. */
export function names(value: string): readonly string[] {
  return value.split(",").map((name) => name.trim());
}

function json(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new InvalidArgumentError("Give JSON.");
  }
}
