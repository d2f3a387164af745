/** Oldest Node that this package supports, major and minor: `engines` in package.json. */
const OLDEST = [22, 19] as const;

/**
 * Refuses a Node that is too old. It is called at first use, so nothing that such a Node lacks may be imported by name.
 *
 * @throws Error that says which Node is needed
 */
export function requireNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new Error(
    `Expected Node ${OLDEST.join(".")} or newer, got ${version}. Install a newer one: https://nodejs.org.`,
  );
}
