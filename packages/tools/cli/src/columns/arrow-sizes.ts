import { type Data, DataType, type Vector } from "apache-arrow";
import { LONGEST_IN_VIEW, VIEW } from "./arrow-value.ts";

/**
 * Checks that a column's buffers hold so many values, and that its offsets, views and indices are within what they point
 * into. Without that, the library gives `undefined` or bytes of another value.
 *
 * @throws RangeError for a column of a damaged file
 */
export function checkSizes(data: Data, length: number): void {
  const { type, children, nullCount, nullBitmap, stride } = data;
  check(data.length >= length);
  if (DataType.isNull(type)) return;
  check(nullCount === 0 || (nullBitmap?.length ?? 0) * 8 >= length);
  if (DataType.isStruct(type)) {
    for (const child of children) checkSizes(child, length);
    return;
  }
  const offsets = data.valueOffsets as Offsets | undefined;
  const end = offsets === undefined ? length * stride : endOf(offsets, length);
  const [items] = children;
  if (items !== undefined) {
    checkSizes(items, end);
    return;
  }
  const room = (data.values as Uint8Array).length * (DataType.isBool(type) ? 8 : 1);
  check(Number.isInteger(stride) && end >= 0 && end <= room);
  if (DataType.isUtf8View(type) || DataType.isBinaryView(type)) checkViews(data, length);
  if (DataType.isDictionary(type)) checkIndices(data, length);
}

type Offsets = Int32Array | BigInt64Array;

/** End of the last value, where each begins at the end of the one before. */
function endOf(offsets: Offsets, length: number): number {
  if (length === 0) return 0;
  check(offsets.length > length);
  let before: number | bigint = 0;
  for (let at = 0; at <= length; at++) {
    const offset = offsets[at] as number | bigint;
    check(offset >= before);
    before = offset;
  }
  return Number(before);
}

function checkViews(data: Data, length: number): void {
  const { buffer, byteOffset, byteLength } = data.values as Uint8Array;
  const views = new DataView(buffer, byteOffset, byteLength);
  for (let row = 0; row < length; row++) {
    const size = views.getInt32(row * VIEW, true);
    if (size >= 0 && size <= LONGEST_IN_VIEW) continue;
    const from = views.getInt32(row * VIEW + 12, true);
    const room = data.variadicBuffers[views.getInt32(row * VIEW + 8, true)]?.length ?? 0;
    // The view of a null may be anything.
    check((size >= 0 && from >= 0 && from + size <= room) || !data.getValid(row));
  }
}

function checkIndices(data: Data, length: number): void {
  const dictionary = data.dictionary as Vector;
  for (const chunk of dictionary.data) {
    if (!checked.has(chunk)) checkSizes(chunk, chunk.length);
    checked.add(chunk);
  }
  const indices = data.values as Int32Array;
  for (let row = 0; row < length; row++) {
    const index = Number(indices[row]);
    check((index >= 0 && index < dictionary.length) || !data.getValid(row));
  }
}

/** Parts of dictionaries, which batches share. */
const checked = new WeakSet<Data>();

function check(isSo: boolean): void {
  if (!isSo) throw new RangeError("Expected buffers that hold a column's values, got others.");
}
