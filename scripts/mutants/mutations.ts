/** One fault that is planted into a copy of the engine. `find` has to stand in the file exactly once. */
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
    file: "settle.ts",
    find: "    this.#sink.fulfil(index, input, value);\n",
    replace: "    if (index !== 3) this.#sink.fulfil(index, input, value);\n",
  },
  {
    name: "an outcome is settled twice",
    file: "settle.ts",
    find: "    this.#sink.fulfil(index, input, value);\n",
    replace:
      "    this.#sink.fulfil(index, input, value);\n    if (index === 3) this.#sink.fulfil(index, input, value);\n",
  },
  {
    name: "an outcome lands in its neighbour's slot",
    file: "sinks.ts",
    find: "    this.values[index] = value;\n",
    replace: "    this.values[index ^ 1] = value;\n",
  },
  {
    name: "one call more than the cap",
    file: "gate.ts",
    find: "if (this.#inside >= this.#plan.maxConcurrency || !this.permits.tryAcquire()) return false;",
    replace:
      "if (this.#inside > this.#plan.maxConcurrency || (!this.permits.tryAcquire() && this.#inside < this.#plan.maxConcurrency)) return false;",
  },
  {
    name: "a slot is kept during backoff",
    file: "run.ts",
    find: "      else void this.#recover(left);\n",
    replace: "      else await this.#recover(left);\n",
  },
  {
    name: "a slot is lost with a failed retry",
    file: "run.ts",
    find: "    } finally {\n      this.#gate.leave();\n      this.#checkEnd();\n",
    replace: "    } finally {\n      if (request.retries < 2) this.#gate.leave();\n      this.#checkEnd();\n",
  },
  {
    name: "new work goes before retries",
    file: "run.ts",
    find: "    return this.#gate.contended ? undefined : this.#supply.take();\n",
    replace: "    return this.#supply.take();\n",
  },
  {
    name: "one attempt too many",
    file: "recover.ts",
    find: "request.retries >= retry.attempts - 1)",
    replace: "request.retries >= retry.attempts)",
  },
  {
    name: "a wait that was asked for is not waited",
    file: "recover.ts",
    find: "const delayMs = asked.length === 0 ? own : Math.max(...asked);",
    replace: "const delayMs = own;",
  },
  {
    name: "the half behind a bad half is forgotten",
    file: "hunt.ts",
    find: "    return part.join(this.#untested.pop() as Request<Input>);\n",
    replace: "    return this.#untested.pop() as Request<Input>;\n",
  },
  {
    name: "a poison item takes its neighbour along",
    file: "hunt.ts",
    find: "    if (request.size > 1 && isWorthSplitting(",
    replace: "    if (request.size > 2 && isWorthSplitting(",
  },
  {
    name: "a half that is known to be bad is sent again",
    file: "hunt.ts",
    find: "      if (second.size > 1) return { request: second, facts };\n",
    replace: "",
  },
  {
    name: "a short response is taken for whole",
    file: "check.ts",
    find: "  if (answer.length !== count) {",
    replace: "  if (answer.length > count) {",
  },
  {
    name: "outcomes in order do not wait for a gap",
    file: "sinks.ts",
    find: "    const outcome = this.#outcomes.get(this.#next);\n    if (outcome === undefined) return undefined;\n",
    replace:
      "    const outcome = this.#outcomes.get(this.#next) ?? this.#outcomes.values().next().value;\n    if (outcome === undefined) return undefined;\n    this.#next = outcome.index;\n",
  },
  {
    name: "an abort lets calls in flight go on",
    file: "execution.ts",
    find: "    this.#calls.abort(stop.reason);\n",
    replace: "",
  },
  {
    name: "a drain starts what is left",
    file: "execution.ts",
    find: "    for (const run of this.#runs) run.stop();\n",
    replace: '    if (stop.status === "stopped") for (const run of this.#runs) run.stop();\n',
  },
  {
    name: "fail-fast waits for a second failure",
    file: "execution.ts",
    find: "    if (this.#receiver.failFast) this.abort({",
    replace: "    if (this.#receiver.failFast && index !== 1) this.abort({",
  },
  {
    name: "a refused key does not stop the run",
    file: "classify.ts",
    find: 'return facts.code === "authentication" || facts.code === "quota_exceeded";',
    replace: 'return facts.code === "quota_exceeded";',
  },
  {
    name: "the source is not closed",
    file: "supply.ts",
    find: "    this.#source.close();\n",
    replace: "",
  },
  {
    name: "the source is pulled twice as far",
    file: "supply.ts",
    find: "    return unsettled + this.#sink.held < this.#bound || this.#starve();\n",
    replace: "    return unsettled + this.#sink.held < 2 * this.#bound || this.#starve();\n",
  },
  {
    name: "a timeout runs on after its call",
    file: "call.ts",
    find: "      over = true;\n      cancel();\n",
    replace: "      over = true;\n",
  },
  {
    name: "a timed-out call is not aborted",
    file: "call.ts",
    find: "      controller.abort(error);\n",
    replace: "",
  },
  {
    name: "a follower of an equal input is forgotten",
    file: "dedupe.ts",
    find: "return leader.followers.splice(0);",
    replace: "return leader.followers.splice(1);",
  },
  {
    name: "a request is one input too large",
    file: "pack.ts",
    find: "this.#filling.size >= this.#limits.maxInputs)",
    replace: "this.#filling.size > this.#limits.maxInputs)",
  },
  {
    name: "a limit is not asked",
    file: "gate.ts",
    find: "    const reservation = this.limiter.tryReserve?.(this.demandOf(request), this.#options);\n    return reservation && { reservation };\n",
    replace: "    return FREE;\n",
  },
];
