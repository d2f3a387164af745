/**
 * Key in an environment variable.
 *
 * @throws Error that names the variable, when it is missing or blank
 */
export function requireKey(environment: NodeJS.ProcessEnv, variable: string, flag: string): string {
  const key = textOf(environment, variable);
  if (key !== undefined) return key;
  throw new Error(
    `Expected a key for ${flag} in the environment variable ${variable}, got none. Set it and try again.`,
  );
}

/** Value of an environment variable; undefined when it is missing or blank. */
export function textOf(environment: NodeJS.ProcessEnv, variable: string): string | undefined {
  const text = environment[variable]?.trim();
  return text === "" ? undefined : text;
}
