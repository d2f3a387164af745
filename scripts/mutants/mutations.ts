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
    file: "run.ts",
    find: "    this.#sink.fulfil(index, input, value);\n",
    replace: "    if (index !== 3) this.#sink.fulfil(index, input, value);\n",
  },
  {
    name: "an outcome is handed out twice",
    file: "settle.ts",
    find: '    this.#queue.push({ index, input, status: "fulfilled", value });\n',
    replace:
      '    this.#queue.push({ index, input, status: "fulfilled", value });\n    if (index === 3) this.#queue.push({ index, input, status: "fulfilled", value });\n',
  },
  {
    name: "an outcome lands in its neighbour's slot",
    file: "settle.ts",
    find: "    this.values[index] = value;\n",
    replace: "    this.values[index ^ 1] = value;\n",
  },
  {
    name: "one call more than the cap",
    file: "permits.ts",
    find: "if (this.#inUse >= this.#capacity) return false;",
    replace: "if (this.#inUse > this.#capacity) return false;",
  },
  {
    name: "a slot is kept during backoff",
    file: "run.ts",
    find: "        else void this.#recover(failure);\n",
    replace: "        else await this.#recover(failure);\n",
  },
  {
    name: "new work goes before retries",
    file: "run.ts",
    find: "    const urgent = this.#urgent[0];\n",
    replace: "    const urgent = this.#pack.held > 0 || !this.#source.ended ? undefined : this.#urgent[0];\n",
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
    find: "const delayMs = factsOf(error).retryAfterMs ?? own;",
    replace: "const delayMs = own;",
  },
  {
    name: "the half behind a bad half is forgotten",
    file: "recover.ts",
    find: "    else await this.#hunt(second, hunt);\n",
    replace: "    else if (cameThrough) await this.#hunt(second, hunt);\n",
  },
  {
    name: "a poison item takes its neighbours along",
    file: "recover.ts",
    find: "    if (request.size === 1 || !this.#worthSplitting(facts, hunt)) {",
    replace: "    if (request.size <= 2 || !this.#worthSplitting(facts, hunt)) {",
  },
  {
    name: "a half that is known to be bad is failed unsent",
    file: "recover.ts",
    find: "    if (known && second.size > 1) await",
    replace:
      "    if (known && second.size === 1) this.#giveUpAll(second, hunt.over ?? new Error(), facts);\n    else if (known) await",
  },
  {
    name: "a short response is taken for whole",
    file: "check.ts",
    find: "  if (answer.length !== count) {",
    replace: "  if (answer.length > count) {",
  },
  {
    name: "a falsy output is taken for none",
    file: "settle.ts",
    find: "    if (outcome === undefined) return undefined;\n    this.#outcomes.delete(this.#next++);",
    replace:
      '    if (outcome === undefined) return undefined;\n    if (outcome.status === "fulfilled" && !outcome.value) return undefined;\n    this.#outcomes.delete(this.#next++);',
  },
  {
    name: "an abort lets calls in flight go on",
    file: "execution.ts",
    find: "    this.#calls.abort(stop.reason);\n",
    replace: "",
  },
  {
    name: "a drain starts what is left",
    file: "run.ts",
    find: "    if (this.#stopped || this.#outstanding >= 2 * this.plan.maxConcurrency) return false;",
    replace: "    if (this.#closed || this.#outstanding >= 2 * this.plan.maxConcurrency) return false;",
  },
  {
    name: "fail-fast does not end the batch",
    file: "execution.ts",
    find: "    if (this.#receiver.failFast) this.abort({",
    replace: "    if (this.#receiver.failFast && this.meter.fulfilled > 3) this.abort({",
  },
  {
    name: "the source is not closed",
    file: "run.ts",
    find: "    this.#source.close();\n",
    replace: "",
  },
  {
    name: "the source is pulled twice as far",
    file: "run.ts",
    find: "this.#unsettled + this.#sink.held < this.#bound",
    replace: "this.#unsettled + this.#sink.held < 2 * this.#bound",
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
    name: "followers of an equal input are forgotten",
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
    name: "a limit's reservation is not waited for",
    file: "run.ts",
    find: "        let reservation = limiter?.tryReserve?.(demandOf(request));\n",
    replace: "        let reservation: Reservation | undefined = limiter && { settle: () => {} };\n",
  },
  {
    name: "a failed hunt leaks its permit",
    file: "run.ts",
    find: "      this.#slots.push(slot);\n      this.#permits.release();\n",
    replace: "      this.#slots.push(slot);\n      if (request.size === 1) this.#permits.release();\n",
  },
];
