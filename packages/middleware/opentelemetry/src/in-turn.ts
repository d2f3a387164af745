/** One hook that runs several, ours first. What is no function is the engine's to refuse. */
export function inTurn<Event>(
  ours: (event: Event) => void,
  theirs: ((event: Event) => void) | undefined,
  last?: () => void,
): (event: Event) => void {
  if (theirs !== undefined && typeof theirs !== "function") return theirs;
  if (theirs === undefined && last === undefined) return ours;
  return (event) => {
    ours(event);
    try {
      theirs?.(event);
    } finally {
      last?.();
    }
  };
}
