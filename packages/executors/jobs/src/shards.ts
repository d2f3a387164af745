import { InputError } from "@batchwise/core";
import { bytesOf, LONGEST_ID, pick, type Shard, ShardBuilder, type ShardLimits } from "./shard.ts";

/** Cuts inputs into shards within the caps, in their order. The same inputs are cut in the same way every time. */
export function* shards<Input>(
  inputs: readonly Input[],
  positions: Iterable<number>,
  limits: ShardLimits<Input>,
): Generator<Shard, void, undefined> {
  const builder = new ShardBuilder(inputs, limits);
  for (const group of groups(inputs, positions, limits)) {
    for (const part of fitting(inputs, group, limits)) {
      let line = builder.write(part);
      if (!builder.fits(line)) {
        yield builder.finish();
        line = builder.write(part);
      }
      builder.add(line);
    }
  }
  if (builder.lines > 0) yield builder.finish();
}

/** Inputs that share a line, as positions. */
function* groups<Input>(
  inputs: readonly Input[],
  positions: Iterable<number>,
  { caps, weigh }: ShardLimits<Input>,
): Generator<number[], void, undefined> {
  const { inputsPerLine = 1, tokensPerLine = Infinity, inputs: inputsPerJob = Infinity } = caps;
  const most = Math.min(inputsPerLine, inputsPerJob);
  let group: number[] = [];
  let weight = 0;
  for (const position of positions) {
    const added = tokensPerLine === Infinity ? 0 : (weigh(inputs[position] as Input).tokens ?? 0);
    if (group.length >= most || (group.length > 0 && weight + added > tokensPerLine)) {
      yield group;
      group = [];
      weight = 0;
    }
    group.push(position);
    weight += added;
  }
  if (group.length > 0) yield group;
}

/** The group, halved until each part makes a line that fits into a job. */
function* fitting<Input>(
  inputs: readonly Input[],
  group: readonly number[],
  limits: ShardLimits<Input>,
): Generator<readonly number[], void, undefined> {
  const { backend, caps, refuse } = limits;
  const { bytes: most = Infinity } = caps;
  const bytes = most === Infinity ? 0 : bytesOf(backend.line(pick(inputs, group), LONGEST_ID));
  if (bytes <= most) {
    yield group;
  } else if (group.length > 1) {
    const half = group.length >> 1;
    yield* fitting(inputs, group.slice(0, half), limits);
    yield* fitting(inputs, group.slice(half), limits);
  } else {
    const message = `Expected the input to make a line of at most ${most} bytes, got ${bytes}. Shorten it, or send it live.`;
    refuse(group[0] as number, new InputError(message, { code: "request_too_large" }));
  }
}
