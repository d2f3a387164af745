/** Fault that is planted into a copy of the engine. The file must hold `find` exactly once. */
export interface Mutation {
  readonly name: string;
  /** Within packages/core/src/engine. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "an outcome is dropped",
    file: "results/settler.ts",
    find: "    this.#context.sink.fulfill(index, input, value);\n",
    replace: "    if (index !== 3) this.#context.sink.fulfill(index, input, value);\n",
  },
  {
    name: "an outcome is settled twice",
    file: "results/settler.ts",
    find: "    this.#context.sink.fulfill(index, input, value);\n",
    replace:
      "    this.#context.sink.fulfill(index, input, value);\n    if (index === 3) this.#context.sink.fulfill(index, input, value);\n",
  },
  {
    name: "an outcome lands in its neighbor's slot",
    file: "results/result-slots.ts",
    find: "    this.values[index] = value;\n",
    replace: "    this.values[index ^ 1] = value;\n",
  },
  {
    name: "one call more than the cap",
    file: "admission/admission.ts",
    find: "if (this.#held >= this.#options.maxConcurrency || !this.semaphore.tryAcquire()) return false;",
    replace:
      "if (this.#held > this.#options.maxConcurrency || (!this.semaphore.tryAcquire() && this.#held < this.#options.maxConcurrency)) return false;",
  },
  {
    name: "a permit is lost on the fast path",
    file: "call/fast-path.ts",
    find: "    semaphore.release();\n",
    replace: "",
  },
  {
    name: "a permit is kept during backoff",
    file: "worker-loop.ts",
    find: "isInDoubt) void this.#recover(failure);\n",
    replace: "isInDoubt) await this.#recover(failure);\n",
  },
  {
    name: "a permit is lost with a failed retry",
    file: "../recovery/retry.ts",
    find: "    } finally {\n      this.#admission.leave();\n",
    replace: "    } finally {\n      if (chunk.retries < 2) this.#admission.leave();\n",
  },
  {
    name: "new work goes before retries",
    file: "worker-loop.ts",
    find: "if (this.#admission.isContended || this.#settler",
    replace: "if (this.#settler",
  },
  {
    name: "one attempt too many",
    file: "../recovery/retry-policy.ts",
    find: "chunk.retries >= retry.attempts - 1)",
    replace: "chunk.retries >= retry.attempts)",
  },
  {
    name: "a requested wait is skipped",
    file: "../recovery/retry-policy.ts",
    find: "return Math.max(own, ...asked);",
    replace: "return own;",
  },
  {
    name: "the half behind a bad half is forgotten",
    file: "../recovery/untested.ts",
    find: "part.join(this.#parts.pop() as Chunk<Input>)",
    replace: "(this.#parts.pop() as Chunk<Input>)",
  },
  {
    name: "a bad input takes its neighbor along",
    file: "../recovery/bisect.ts",
    find: "    if (chunk.size > 1 && this.#settler.mayDivide(",
    replace: "    if (chunk.size > 2 && this.#settler.mayDivide(",
  },
  {
    name: "a half that is known to be bad is sent again",
    file: "../recovery/bisect.ts",
    find: "      if (second.size > 1) return { chunk: second, facts, sent };\n",
    replace: "",
  },
  {
    name: "a short response counts as complete",
    file: "results/check-result.ts",
    find: "answer.length === count) return undefined;",
    replace: "answer.length <= count) return undefined;",
  },
  {
    name: "outcomes in order do not wait for a gap",
    file: "results/outcome-queues.ts",
    find: "    const outcome = this.#outcomes.get(this.#next);\n    if (outcome === undefined) return undefined;\n",
    replace:
      "    const outcome = this.#outcomes.get(this.#next) ?? this.#outcomes.values().next().value;\n    if (outcome === undefined) return undefined;\n    this.#next = outcome.index;\n",
  },
  {
    name: "an abort does not reach calls in flight",
    file: "batch-run.ts",
    find: "    this.#canceled.abort(stop.reason);\n",
    replace: "",
  },
  {
    name: "a drain starts what is left",
    file: "batch-run.ts",
    find: "      for (const stage of this.#stages) stage.drain();\n",
    replace: '      if (stop.status === "stopped") for (const stage of this.#stages) stage.drain();\n',
  },
  {
    name: "fail-fast waits for a second failure",
    file: "batch-run.ts",
    find: "    if (this.output.failFast) this.end({",
    replace: "    if (this.output.failFast && index !== 1) this.end({",
  },
  {
    name: "a refused key does not stop the run",
    file: "../contract/error-facts.ts",
    find: 'FATAL: ReadonlySet<ErrorCode> = new Set(["authentication", ',
    replace: "FATAL: ReadonlySet<ErrorCode> = new Set([",
  },
  {
    name: "the source is not closed",
    file: "intake/intake.ts",
    find: "    this.#source.close();\n",
    replace: "",
  },
  {
    name: "the source is pulled twice as far",
    file: "intake/intake.ts",
    find: "this.#backlog.held < most",
    replace: "this.#backlog.held < 2 * most",
  },
  {
    name: "a timeout runs on after its call",
    file: "call/deadline.ts",
    find: "    this.#isOver = true;\n    this.#cancelTimer();\n",
    replace: "    this.#isOver = true;\n",
  },
  {
    name: "a timed-out call is not aborted",
    file: "call/deadline.ts",
    find: "    controller.abort(error);\n",
    replace: "",
  },
  {
    name: "a follower of an equal input is forgotten",
    file: "intake/deduplicator.ts",
    find: "return leader.followers.splice(0);",
    replace: "return leader.followers.splice(1);",
  },
  {
    name: "a chunk is one input too large",
    file: "intake/packer.ts",
    find: "this.#filling.size >= this.#maxInputs)",
    replace: "this.#filling.size > this.#maxInputs)",
  },
  {
    name: "a limit is not asked",
    file: "admission/admission.ts",
    find: "    const reservation = limiter.tryReserve?.(demandOf(chunk, this.#options.calibration), options);\n    return reservation && { reservation };\n",
    replace: "    return FREE;\n",
  },
];
