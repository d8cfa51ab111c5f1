/** The words of everything that can fail: a field's problems and the API's error codes. Pure functions. */

import { formatWait } from "./progress.js";

/**
 * Return the problem with a ticker before it is sent, or "". The server checks the rest.
 *
 * @param {string} text
 */
export function tickerProblem(text) {
  return text.trim() ? "" : "Enter a ticker, such as AAPL.";
}

/**
 * Return the problem with a number of days before it is sent, or "".
 *
 * @param {number} days
 * @param {{min: number, max: number}} limits
 */
export function daysProblem(days, { min, max }) {
  return Number.isInteger(days) && days >= min && days <= max ? "" : `Enter a whole number of days from ${min} to ${max}.`;
}

/**
 * Return the problem with the level that an address names, or "".
 *
 * @param {string} value "" if it is none
 * @param {{min: number, max: number}} limits
 */
export function levelProblem(value, { min, max }) {
  return value ? "" : `The level in the address is not a number from ${min} to ${max}. Choose one from the list.`;
}

/**
 * Return the problem with the model that an address names, or "".
 *
 * @param {string} value "" if it is none
 */
export function modelProblem(value) {
  return value ? "" : "The model in the address does not exist. Choose one from the list.";
}

/**
 * Return the problem with the field that an address names, or "".
 *
 * @param {string} value "" if it is none
 */
export function fieldProblem(value) {
  return value ? "" : "The field in the address does not exist. Choose one from the list.";
}

/**
 * Return the problem with the length of the past that an address names, or "".
 *
 * @param {boolean} isNamed
 * @param {{min: number, max: number}} limits
 */
export function pastProblem(isNamed, { min, max }) {
  return isNamed ? "" : `The past in the address is not a number of days from ${min} to ${max}. Choose one from the list.`;
}

const TRY_AGAIN = "Try again in a moment.";
const TRY_LATER = "Try again later.";

/**
 * The words for an error code: the title says what happened, the advice what to do next. A failure with a field stands
 * beside that field, without a title. `hasDetail`: the server's own sentence is for visitors too.
 *
 * @typedef {{field?: "ticker"|"days", title: string, hasDetail?: boolean, advice: string}} FailureTemplate
 */

/** @type {Record<string, FailureTemplate|undefined>} */
const FAILURES = {
  unknown_model: {
    title: "There is no such model.",
    hasDetail: true,
    advice: "",
  },
  invalid_ticker: {
    field: "ticker",
    title: "",
    hasDetail: true,
    advice: "To find a company, type its name and choose from the list.",
  },
  unknown_ticker: {
    field: "ticker",
    title: "",
    hasDetail: true,
    advice: "Check the spelling or search by company name.",
  },
  unauthenticated: { title: "This needs an account.", advice: "Ask the operator of this server for access." },
  forbidden: { title: "You may not do this.", hasDetail: true, advice: "" },
  invalid_days: { field: "days", title: "", hasDetail: true, advice: "" },
  invalid_request: { title: "The request was not understood.", advice: "Reload the page and try again." },
  invalid_pattern: { title: "The pattern was not understood.", hasDetail: true, advice: "" },
  unusable_window: {
    title: "This part of the prices cannot be searched for.",
    hasDetail: true,
    advice: "Mark another part.",
  },
  not_daily: { title: "These prices are not daily.", hasDetail: true, advice: "" },
  too_little_data: {
    title: "There are too few prices for a forecast.",
    hasDetail: true,
    advice: "Choose another ticker, or more of the past.",
  },
  field_unavailable: { title: "This stock has too few values of this field.", hasDetail: true, advice: "" },
  implausible_prices: {
    title: "These prices cannot be right, so there is no forecast.",
    advice: "Try again after the next refresh of the prices.",
  },
  provider_unavailable: { title: "The prices could not be fetched.", hasDetail: true, advice: TRY_LATER },
  busy: { title: "The service is busy.", advice: TRY_AGAIN },
  store_unavailable: { title: "Accounts and lists cannot be read or written now.", advice: TRY_LATER },
  rate_limited: { title: "You sent too many requests in a short time.", advice: TRY_AGAIN },
  deadline_exceeded: { title: "The forecast was not ready in time.", advice: TRY_AGAIN },
  forecast_failed: {
    title: "The forecast failed.",
    advice: "Try again. If it fails again, try another number of days.",
  },
  worker_crashed: { title: "The forecast stopped before it was ready, several times.", advice: TRY_AGAIN },
  cancelled: { title: "The forecast was cancelled.", advice: "Try again if you still want it." },
  request_conflict: { title: "The request conflicts with an earlier one.", advice: "Try again." },
  source_conflict: { title: "The stored prices are of another source.", hasDetail: true, advice: "" },
  invalid_file: { title: "The file could not be read.", hasDetail: true, advice: "" },
  invalid_rows: { title: "Some rows of the file cannot be stored.", hasDetail: true, advice: "" },
  ambiguous_dates: { title: "The dates of the file are ambiguous.", hasDetail: true, advice: "" },
  ambiguous_numbers: { title: "The numbers of the file are ambiguous.", hasDetail: true, advice: "" },
  no_market_board: { title: "There is no board of the market yet.", hasDetail: true, advice: "" },
  no_company_facts: { title: "There are no facts about this company.", hasDetail: true, advice: "" },
  company_facts_off: { title: "Facts about companies are off.", hasDetail: true, advice: "" },
  unreadable_market_board: { title: "The board of the market cannot be read.", hasDetail: true, advice: "" },
  no_news_source: { title: "There are no news here.", hasDetail: true, advice: "" },
  news_unavailable: { title: "The news could not be fetched.", hasDetail: true, advice: TRY_LATER },
  language_model_unavailable: { title: "The language model did not answer.", hasDetail: true, advice: "" },
  language_model_over_budget: { title: "The language model's tokens are used up.", hasDetail: true, advice: "" },
  model_text_refused: { title: "The language model's text is not shown.", hasDetail: true, advice: "" },
  not_finished: { title: "The forecast is not finished.", hasDetail: true, advice: "" },
  report_too_large: { title: "The report is too large.", hasDetail: true, advice: "" },
  not_found: { title: "The server no longer has this forecast.", advice: "Try again." },
  unreachable: {
    title: "The server cannot be reached.",
    advice: "Check that you are online and that Stockcast is running, then try again.",
  },
  bad_answer: { title: "The server sent an answer that this page cannot show.", advice: TRY_AGAIN },
};
/** @type {FailureTemplate} */
const UNKNOWN_FAILURE = { title: "Something went wrong.", hasDetail: true, advice: TRY_LATER };

/**
 * Return the words of a failure, and the field that it belongs to.
 *
 * @param {{code: string, detail: string, retryAfterS: number|null}} failure
 * @param {boolean} isRetried whether the page shows a countdown to its own next try
 * @returns {{field: "ticker"|"days"|null, title: string, text: string}}
 */
export function failureText({ code, detail, retryAfterS }, isRetried = false) {
  const { field = null, title, hasDetail = false, advice } = FAILURES[code] ?? UNKNOWN_FAILURE;
  const explanation = hasDetail ? detail : "";
  const next = isRetried || explanation.includes(advice) ? "" : adviceWithWait(advice, retryAfterS);
  return { field, title, text: [explanation, next].filter(Boolean).join(" ") };
}

/**
 * Return the words of a failed call of a page that answers no forecast: the server's own sentence where there is one.
 *
 * @param {{code: string, detail: string, retryAfterS: number|null}} failure
 */
export function explainFailure(failure) {
  const { title, text } = failureText(failure);
  return failure.detail || [title, text].filter(Boolean).join(" ");
}

/** Codes whose sentence from the server fits lists, alerts and channels. */
const EXPLAINED = ["invalid_request", "invalid_ticker", "invalid_days", "forbidden"];

/**
 * Return the words of a failed call about what the server keeps for a person.
 *
 * @param {{code: string, detail: string, retryAfterS: number|null}} failure
 * @param {Record<string, string|undefined>} words the words of some codes
 */
export function savedProblem(failure, words) {
  if (EXPLAINED.includes(failure.code) && failure.detail) return failure.detail;
  const { title, text } = failureText(failure);
  return words[failure.code] ?? [title, text].filter(Boolean).join(" ");
}

/**
 * @param {string} advice
 * @param {number|null} retryAfterS
 */
function adviceWithWait(advice, retryAfterS) {
  const isWait = [TRY_AGAIN, TRY_LATER].includes(advice);
  return isWait && retryAfterS ? `Try again in ${formatWait(retryAfterS)}.` : advice;
}
