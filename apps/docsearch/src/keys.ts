/**
 * The key in a variable of the environment.
 *
 * @throws Error that names the variable, where it is missing or blank
 */
export function requireKey(environment: NodeJS.ProcessEnv, variable: string, flag: string): string {
  const key = textOf(environment, variable);
  if (key !== undefined) return key;
  throw new Error(
    `Expected a key for ${flag} in the environment variable ${variable}, found none. Set it and try again.`,
  );
}

/** What a variable of the environment holds; undefined where that is nothing. */
export function textOf(environment: NodeJS.ProcessEnv, variable: string): string | undefined {
  const text = environment[variable]?.trim();
  return text === "" ? undefined : text;
}
