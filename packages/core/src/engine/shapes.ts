let kept: unknown;

/**
 * Keeps one idle set of the engine's objects for as long as the program runs.
 *
 * V8 compiles code for the shapes of the objects that it has seen, and lets both go when a full collection finds none
 * of them alive. A program whose batches come with pauses would compile the engine anew for each, and after a few rounds
 * V8 stops trying: measured, an item then cost six times as much. An empty batch's objects hold nobody's data.
 *
 * @param make runs an empty batch and returns its objects
 */
export function keepShapes(make: () => unknown): void {
  if (kept !== undefined) return;
  kept = "being made";
  kept = make();
}
