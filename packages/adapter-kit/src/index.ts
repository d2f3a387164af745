export {
  cutShort,
  endIn,
  faultIn,
  filtered,
  gaveUp,
  hasRefusal,
  isCut,
  isFiltered,
  isGivenUp,
  isOtherAnswer,
  isRefusal,
  isWordless,
  jsonElsewhere,
  notAnswer,
  refused,
  textOf,
} from "./answers.ts";
export { BulkRunnable } from "./bulk-runnable.ts";
export { defined } from "./defined.ts";
export { causesOf, socketError, systemCode, word } from "./errors/causes.ts";
export { type CodeRow, type Dialect, factsOf, type RefusalParts, requestIdOf, type Verdict } from "./errors/dialect.ts";
export { callSdk, type Failure, failureOf, NO_USAGE } from "./errors/failure-of.ts";
export { ANY_INPUT, type Blame, isFree, isPassing, judge } from "./errors/judge.ts";
export { eventsInstead, networkError, notJson, providerError, timedOut } from "./errors/provider-errors.ts";
export { failureIn, headersIn, type Refusal, type RefusedResponse, refusalIn, refusalOf } from "./errors/refusal.ts";
export { eventsIn, eventsOf, looksLikeEvents, type ServerEvent } from "./events.ts";
export { countIn, type Fields, fieldsOf, idIn, objectIn, parseBody, parseJson, textIn } from "./fields.ts";
export { type LimitHeaders, limitsIn, resetMs, xRateLimits } from "./headers.ts";
export {
  connectHttp,
  HTTP,
  type HttpConnection,
  type HttpOptions,
  httpOptions,
  postJson,
  readJson,
  type Reading,
} from "./http.ts";
export { jsonTextsIn } from "./json-in.ts";
export type { JobKind, RawRow } from "./jobs/job-kind.ts";
export { addressIn, environment, isKey, requireKey } from "./key.ts";
export { kindOf, show } from "./kind-of.ts";
export { limiterWith } from "./limiter-with.ts";
export { type AdapterParts, adapterOf } from "./manifest.ts";
export { checkOption, requireMethods } from "./options/check-option.ts";
export type { Option, OptionDeclaration, OptionGroup, OptionsOf } from "./options/declaration.ts";
export { type DefinedOptions, defineOptions, withDefaults } from "./options/define-options.ts";
export { GENERATION, type GenerationOptions } from "./options/generation.ts";
export { optionTable, withOptionTables } from "./options/option-table.ts";
export {
  PACE,
  type Pace,
  type PaceOptions,
  type PaceSettings,
  paceSettings,
  PRICE,
  REQUEST,
  RETRY,
  settingsAround,
} from "./options/pace.ts";
export { completionIn } from "./other-answers.ts";
export { patientFetch } from "./patient-fetch.ts";
export { promptTokens } from "./prompt-tokens.ts";
export { requireRerankInput, rerankTokens, scoresIn } from "./rerank.ts";
export { formatOf, jsonSchemaOf, readStructured, STRUCTURED, type StructuredOptions } from "./structured.ts";
export { notInput, overlongText, requireText, sendRest, textsIn, weighText } from "./texts.ts";
export { usageFrom } from "./usage-from.ts";
export { utf8Length } from "./utf8-length.ts";
export { placeInOrder, placeRows } from "./vectors/place-rows.ts";
export { VectorDecoder } from "./vectors/vector-decoder.ts";
export { VectorLength } from "./vectors/vector-length.ts";
export { vectorsIn } from "./vectors/vectors-in.ts";
export { anySignal, type Bounds, type Linked, linkTo, within } from "./within.ts";
