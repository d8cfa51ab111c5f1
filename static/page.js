/** The page: reads the form and the address, asks the API, and shows stages, the answer or the failure. */

import { askForecast, cancelForecast, ForecastError } from "./api.js";
import { Answer } from "./answer.js";
import { Combobox } from "./combobox.js";
import { element, link } from "./elements.js";
import { meantTicker } from "./meaning.js";
import { recentQuestions, rememberQuestion } from "./memory.js";
import { Retry } from "./retry.js";
import { findTickers, storedTickers } from "./store.js";
import { Watchlist } from "./watchlist.js";
import {
  answerSentence, cancelledWords, daysProblem, failureWords, stageNumber, stageWords, tickerProblem, troubleWords,
} from "./words.js";

/** With this code another ticker may work now. */
const NO_PRICES = "provider_unavailable";
const MOST_STORED_SHOWN = 8;

const byId = (id) => document.getElementById(id);
const form = byId("question");
const fields = { ticker: byId("ticker"), days: byId("days") };
const suggestions = new Combobox(fields.ticker, byId("suggestions"), findTickers);
const watchlist = new Watchlist();
const answer = new Answer(watchlist);

/** Ends the question that is under way; a later question replaces it. */
let underway = new AbortController();
const retry = new Retry(askSameAgain);
/** Counts the questions, so that one that still waits for its suggestions is dropped when another one is asked. */
let submissions = 0;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  submissions += 1;
  const mine = submissions;
  await replaceNameByTicker();
  if (mine === submissions) submit();
});
for (const name of Object.keys(fields)) {
  fields[name].addEventListener("input", () => {
    showFieldProblem(name, "");
    markPreset();
  });
}
byId("presets").addEventListener("click", ({ target }) => {
  if (!target.value) return;
  fields.days.value = target.value;
  showFieldProblem("days", "");
  if (!fields.ticker.value.trim()) fields.ticker.value = asked().get("ticker") ?? "";
  markPreset();
  if (fields.ticker.value.trim()) form.requestSubmit();
});
byId("cancel").addEventListener("click", cancel);
byId("ask-again").addEventListener("click", askSameAgain);
window.addEventListener("popstate", readAddress);

showRecent();
watchlist.refresh();
markPreset();
readAddress();

/** Ask what the address asks, or show an empty page; Back and a shared link both come through here. */
function readAddress() {
  const question = asked();
  submissions += 1;
  underway.abort();
  clearOutcome();
  fields.ticker.value = question.get("ticker") ?? "";
  fields.days.value = question.get("days") ?? fields.days.defaultValue;
  markPreset();
  byId("welcome").hidden = question.has("ticker");
  if (question.has("ticker")) submit({ remembered: true });
  else document.title = "Stockcast";
}

/** Return the question in the address, which is that of the answer below the form. */
function asked() {
  return new URLSearchParams(location.search);
}

/** Put the ticker in the place of a company's name, where the suggestions for it are open or on their way. */
async function replaceNameByTicker() {
  const typed = fields.ticker.value;
  const meant = meantTicker(typed, await suggestions.found());
  if (meant && fields.ticker.value === typed) fields.ticker.value = meant;
}

/** Ask the last question again, whatever the form holds by now. */
function askSameAgain() {
  const { question } = underway;
  underway.abort();
  clearOutcome();
  byId("welcome").hidden = true;
  ask(question);
}

function submit({ remembered = false } = {}) {
  submissions += 1;
  retry.reset();
  underway.abort();
  suggestions.close();
  clearOutcome();
  const limits = { min: Number(fields.days.min), max: Number(fields.days.max) };
  const days = fields.days.valueAsNumber;
  showFieldProblem("ticker", tickerProblem(fields.ticker.value));
  showFieldProblem("days", daysProblem(days, limits));
  const wrong = form.querySelector("[aria-invalid=true]");
  if (wrong) return wrong.focus();
  const question = { ticker: fields.ticker.value.trim(), days };
  if (!remembered) putIntoAddress(question);
  markPreset();
  byId("welcome").hidden = true;
  showRecent();
  ask(question);
}

/** So that the question can be shared, and Back leads to the one before; the same one again is no new step. */
function putIntoAddress({ ticker, days }) {
  const address = `?${new URLSearchParams({ ticker: ticker.toUpperCase(), days })}`;
  if (address !== location.search) history.pushState(null, "", address);
}

function cancel() {
  underway.abort();
  if (underway.requestId) cancelForecast(underway.requestId);
  clearOutcome();
  byId("outcome").classList.remove("taken");
  byId("cancelled-words").textContent = cancelledWords(underway.question);
  byId("cancelled").hidden = false;
  byId("welcome").hidden = false;
  announce("Cancelled.");
  byId("ask-again").focus();
}

/** Press the chip of the number of days in the form, unless the answer below it is for another number. */
function markPreset() {
  const days = fields.days.value;
  const isAsked = days === (asked().get("days") ?? days);
  for (const preset of byId("presets").children) {
    preset.setAttribute("aria-pressed", String(isAsked && preset.value === days));
  }
}

function showRecent() {
  const items = recentQuestions().map(({ ticker, days }) => {
    const item = document.createElement("li");
    const question = link(`?${new URLSearchParams({ ticker, days })}`, `${ticker}, ${days}\u00a0d`);
    question.className = "chip";
    item.append(question);
    return item;
  });
  byId("recent-list").replaceChildren(...items);
  byId("recent").hidden = items.length === 0;
}

async function ask(question) {
  const controller = Object.assign(new AbortController(), { question });
  underway = controller;
  const { signal } = controller;
  const shown = question.ticker.toUpperCase();
  document.title = `${shown}, ${question.days} days – Stockcast`;
  byId("outcome").classList.add("taken");
  const stopClock = startClock(signal);
  showWaiting("sending", stageWords("sending", shown));
  try {
    const result = await askForecast(question, {
      signal,
      onSend: (requestId) => {
        controller.requestId = requestId;
      },
      onStage: (stage) => showWaiting(stage, stageWords(stage, shown)),
      onTrouble: (trouble) => showWaiting("trouble", troubleWords(trouble)),
    });
    signal.throwIfAborted();
    showAnswer(result);
    rememberQuestion(result);
  } catch (error) {
    if (signal.aborted) return;
    showFailure(error instanceof ForecastError ? error : unexpected(error), question);
  } finally {
    stopClock();
  }
}

/** An answer that the page cannot show is a failure too; the console keeps what a developer needs. */
function unexpected(error) {
  console.error(error);
  return new ForecastError({ code: "bad_answer" });
}

function clearOutcome() {
  retry.stop();
  byId("alert").replaceChildren();
  byId("waiting").hidden = true;
  byId("cancelled").hidden = true;
  showOthers([]);
  answer.clear();
  announce("");
}

function announce(words) {
  if (byId("announcer").textContent !== words) byId("announcer").textContent = words;
}

/** Scroll only where it must be, as on a phone whose keyboard covers half the page. The focus stays where it is. */
function bringIntoView(part) {
  part.scrollIntoView({ block: "nearest" });
}

function startClock(signal) {
  const startedAt = performance.now();
  const tick = () => {
    byId("elapsed").textContent = `${Math.floor((performance.now() - startedAt) / 1000)}\u00a0s`;
  };
  tick();
  const timer = setInterval(tick, 250);
  const stop = () => clearInterval(timer);
  signal.addEventListener("abort", stop, { once: true });
  return stop;
}

function showWaiting(stage, words) {
  const waiting = byId("waiting");
  waiting.hidden = false;
  waiting.dataset.stage = stage;
  byId("stage").textContent = words;
  if (stage !== "trouble") byId("progress").value = stageNumber(stage) + 0.5;
  if (stage === "sending") bringIntoView(waiting);
  announce(words);
}

function showAnswer(result) {
  answer.show(result);
  byId("waiting").hidden = true;
  bringIntoView(byId("answer-title"));
  announce(answerSentence(result));
}

function showFailure(failure, question) {
  clearOutcome();
  const retries = retry.parts(failure);
  const { field, title, text } = failureWords({ ...failure, isRetried: retries.length > 0 });
  if (field) {
    byId("outcome").classList.remove("taken");
    showFieldProblem(field, text);
    focusUnlessElsewhere(fields[field]);
  } else {
    const again = element("button", "Try again");
    again.type = "button";
    again.addEventListener("click", () => {
      form.querySelector("[type=submit]").focus();
      retry.reset();
      askSameAgain();
    });
    byId("alert").replaceChildren(element("h2", title), element("p", text), ...retries, again);
    bringIntoView(byId("alert"));
  }
  if (field === "ticker") suggestOthers(question);
  if (failure.code === NO_PRICES) showTickersThatWork(question);
}

/** Offer the tickers that the server takes the unknown one for: a slip of the fingers, or a company's name. */
async function suggestOthers({ ticker }) {
  const { signal } = underway;
  const found = await findTickers(ticker);
  if (!signal.aborted) showOthers(found.filter((other) => other.ticker !== ticker.toUpperCase()).slice(0, 3));
}

function showOthers(found) {
  const buttons = found.map(({ ticker, name }) => {
    const button = element("button", name && name !== ticker ? `${ticker}, ${name}` : ticker);
    button.type = "button";
    button.className = "chip";
    button.addEventListener("click", () => {
      fields.ticker.value = ticker;
      submit();
    });
    return button;
  });
  byId("others-meant").replaceChildren(...(found.length ? [element("span", "Did you mean"), ...buttons] : []));
  byId("others-meant").hidden = found.length === 0;
}

/** Offer the stored tickers: they can be forecast while no source can be asked. */
async function showTickersThatWork({ ticker, days }) {
  const { signal } = underway;
  const stored = (await storedTickers()).filter((other) => other !== ticker.toUpperCase());
  if (signal.aborted || stored.length === 0) return;
  const links = stored.slice(0, MOST_STORED_SHOWN).map((other) => {
    const made = link(`?${new URLSearchParams({ ticker: other, days })}`, other);
    made.className = "chip";
    return made;
  });
  const list = element("p", "");
  list.className = "chips";
  list.append(element("span", "These have stored prices and work now:"), ...links);
  byId("alert").querySelector("button").before(list);
}

/** A late failure brings the reader back to its field, but not out of a text that is being typed elsewhere. */
function focusUnlessElsewhere(field) {
  const at = document.activeElement;
  if (at === document.body || at.closest("button")) field.focus();
}

function showFieldProblem(name, words) {
  const problem = byId(`${name}-error`);
  problem.textContent = words;
  problem.hidden = !words;
  byId(`${name}-hint`).hidden = Boolean(words);
  fields[name].setAttribute("aria-describedby", words ? problem.id : `${name}-hint`);
  if (words) fields[name].setAttribute("aria-invalid", "true");
  else fields[name].removeAttribute("aria-invalid");
}
