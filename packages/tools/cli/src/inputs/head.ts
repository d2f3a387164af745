import type { InputRecord } from "./input-record.ts";

/** Records of a source, whose first ones are known. */
export interface Headed {
  readonly head: readonly InputRecord[];
  /** All records, the first ones included. Leaving the loop closes the source. */
  readonly records: AsyncIterable<InputRecord>;
}

/** Reads the first records of a source, until they are enough or it ends. */
export async function headOf(
  source: AsyncIterable<InputRecord>,
  isEnough: (head: readonly InputRecord[]) => boolean,
): Promise<Headed> {
  const head: InputRecord[] = [];
  if (isEnough(head)) return { head, records: source };
  const iterator = source[Symbol.asyncIterator]();
  do {
    const next = await iterator.next();
    if (next.done === true) break;
    head.push(next.value);
  } while (!isEnough(head));
  return { head, records: all(head, iterator) };
}

async function* all(
  head: readonly InputRecord[],
  iterator: AsyncIterator<InputRecord>,
): AsyncGenerator<InputRecord, void> {
  try {
    yield* head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
