/** Names of a provider, one for each kind of place in its package. */
export interface Names {
  /** `@me/batchwise-acme-ai`, as it was given. */
  readonly package: string;
  /** `acme-ai` */
  readonly slug: string;
  /** `AcmeAi` */
  readonly pascal: string;
  /** `Acme Ai` */
  readonly title: string;
  /** `ACME_AI` */
  readonly constant: string;
}

/** The names that follow from a package's own. */
export function namesOf(packageName: string): Names {
  const bare = packageName.slice(packageName.indexOf("/") + 1);
  const words = bare.split(/[._-]+/).filter((word) => word !== "");
  const own = words.filter((word) => word !== "batchwise" && word !== "adapter");
  const chosen = own.length === 0 ? words : own;
  // Neither a class nor a variable of the environment begins with a digit.
  const all = /^\d/.test(chosen[0] ?? "") ? ["provider", ...chosen] : chosen;
  const capitals = all.map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return {
    package: packageName,
    slug: all.join("-"),
    pascal: capitals.join(""),
    title: capitals.join(" "),
    constant: all.join("_").toUpperCase(),
  };
}
