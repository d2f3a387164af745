/** Oldest Node that the command supports, major and minor: `engines` in package.json. */
const OLDEST = [22, 19] as const;

/** Message for a Node that is too old; undefined for any other. */
export function oldNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return `Expected Node ${OLDEST.join(".")} or newer, got ${version}. Install a newer one: https://nodejs.org.`;
}
