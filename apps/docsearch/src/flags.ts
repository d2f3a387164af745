/** Flags of the command line. Adapters are `local`, `openai`, `cohere`, or `<package>#<adapter>`. */
export interface Flags {
  readonly dir?: string;
  readonly limit?: number;
  readonly top: number;
  readonly embed: string;
  readonly model?: string;
  readonly embedOptions?: object;
  readonly rerank?: string;
  readonly rerankOptions?: object;
  /** Dollars. */
  readonly maxCost?: number;
  readonly cache?: string;
  readonly offline?: boolean;
  readonly compare?: boolean;
  readonly json: boolean;
}
