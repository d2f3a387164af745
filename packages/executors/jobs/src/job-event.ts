/** Event in the life of a job, for logs. It holds no input and no output. */
export type JobEvent =
  | {
      /** "created": a new job. "reattached": one that an earlier run had left. */
      readonly type: "created" | "reattached";
      readonly id: string;
      /** Name by which the provider finds the job, besides its id. */
      readonly tag: string;
      readonly inputs: number;
    }
  | {
      readonly type: "polled";
      readonly id: string;
      readonly status: "running" | "ended";
      /** Lines that have been answered so far, where the provider reports them. */
      readonly done: number | undefined;
    }
  | {
      readonly type: "ended";
      /** Undefined where the provider no longer knew it. */
      readonly id: string | undefined;
      readonly inputs: number;
      /** Inputs with an output. */
      readonly answered: number;
      /** Inputs with an error. Those that are neither were not worked on. */
      readonly failed: number;
      readonly inputTokens: number;
      readonly outputTokens: number;
      /** Cost of the job; undefined where no price is known. */
      readonly cost: number | undefined;
      /** Cost of the same live. */
      readonly liveCost: number | undefined;
      /** Error for which it ended before its lines did. */
      readonly reason: Error | undefined;
    }
  | {
      /** The provider had no capacity for it: it is created again in `delayMs`. */
      readonly type: "refused";
      readonly id: string;
      readonly delayMs: number;
    }
  | {
      /** Its cancellation was requested. */
      readonly type: "canceled";
      readonly id: string;
    }
  | {
      /** The batch is done, but its jobs could not be forgotten: the same batch would get their results again. */
      readonly type: "kept";
      readonly reason: Error;
    };
