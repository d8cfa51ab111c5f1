/** The page: reads the question from the form or the address, requests the forecast, and shows the outcome. */

import { Alerts } from "../alerts/alerts.js";
import { ApiError } from "../api/exchange.js";
import { cancelForecast, requestForecast } from "../api/forecasts.js";
import { findTickers } from "../api/prices.js";
import { headline } from "../text/answer.js";
import { failureText } from "../text/failures.js";
import { questionOf } from "../text/questions.js";
import { Watchlists } from "../watchlists/watchlists.js";
import { byId, questionUrl } from "../widgets/elements.js";
import { Answer } from "./answer.js";
import { rememberQuestion } from "./browser_storage.js";
import { clearFailure, offerStoredTickers, showFailure } from "./failure_alert.js";
import { LateBoard } from "./late_board.js";
import { announce, hideProgress, scrollToShow, showCancelled, showRetry, showStage, startClock } from "./progress.js";
import { QuestionForm, questionParameters } from "./question_form.js";
import { showRecentQuestions } from "./recent_questions.js";
import { Retry } from "./retry.js";
import { offerUploads } from "./uploads.js";
import { goToLogin, showVisitor } from "./visitor.js";

/** After this failure, a ticker with stored prices may work. */
const NO_SOURCE = "provider_unavailable";
/** There was no answer. */
const NO_SERVER = "unreachable";
/** The login has ended. */
const NO_LOGIN = "unauthenticated";

/**
 * The latest request. A later one aborts it.
 *
 * @type {{question: Question, controller: AbortController, requestId: string}|null}
 */
let current = null;
/** Whether the answer that is shown is a kept one. */
let isOld = false;
const form = new QuestionForm(submit);
const watchlists = new Watchlists();
const board = new LateBoard(watchlists);
const alerts = new Alerts();
const answer = new Answer(watchlists, alerts);
const retry = new Retry(repeat);

byId("cancel").addEventListener("click", cancel);
byId("ask-again").addEventListener("click", repeat);
window.addEventListener("popstate", readAddress);
window.addEventListener("online", () => isOld && repeat());

showVisitor();
offerUploads();
showRecentQuestions();
showLists();
readSharedOrAddress();

/** Take what another app shares into the address first. */
async function readSharedOrAddress() {
  if (![...questionParameters().keys()].some((name) => name.startsWith("shared_"))) {
    readAddress();
    return;
  }
  const typed = await import("../offline/sharing.js").then(({ takeShared }) => takeShared()).catch(() => "");
  readAddress();
  if (typed) form.type(typed);
}

/** Show the board, the lists, the alerts and the foot of the page, one after the other, so that none moves what is shown. */
async function showLists() {
  import("../offline/offline.js").then(({ startOffline }) => startOffline()).catch(() => null);
  await board.load();
  await watchlists.load();
  await alerts.load();
  byId("foot").hidden = false;
}

/** Answer the question in the address, if there is one: for shared links, reloads and the Back button. */
function readAddress() {
  const parameters = questionParameters();
  clearOutcome();
  form.fill(parameters);
  makeRoom(parameters.has("ticker"));
  document.title = "Stockcast";
  if (parameters.has("ticker")) start(form.read());
}

/**
 * Leave out the introduction and fold the board where there is an answer.
 *
 * @param {boolean} isAnswered whether there is an answer, or one is on its way
 */
function makeRoom(isAnswered) {
  byId("welcome").hidden = isAnswered;
  board.setBeside(isAnswered);
}

/** Answer the question in the form. */
function submit() {
  clearOutcome();
  const question = form.read();
  if (question) putIntoAddress(question);
  form.markPreset();
  start(question);
}

/**
 * Make the question shareable, and a step of the browser's history unless it is the same one again.
 *
 * @param {Question} question
 */
function putIntoAddress(question) {
  const address = questionUrl({ ...question, ticker: question.ticker.toUpperCase() });
  if (address !== location.search) history.pushState(null, "", address);
}

/** @param {Question|null} question */
function start(question) {
  retry.reset();
  showRecentQuestions();
  if (question) ask(question);
}

/** Ask the latest question again, whatever is in the form by now. */
function repeat() {
  const question = current?.question;
  clearOutcome();
  if (question) ask(question);
}

function cancel() {
  if (!current) return;
  const { question, requestId } = current;
  clearOutcome();
  cancelForecast(requestId);
  byId("outcome").classList.remove("reserved");
  makeRoom(false);
  showCancelled(question);
}

/** @param {Question} question */
async function ask(question) {
  const controller = new AbortController();
  const { signal } = controller;
  const request = { question, controller, requestId: "" };
  current = request;
  const ticker = question.ticker.toUpperCase();
  document.title = `${ticker}, ${question.days} days – Stockcast`;
  makeRoom(true);
  byId("outcome").classList.add("reserved");
  const stopClock = startClock(signal);
  showStage("sending", ticker);
  try {
    if (!navigator.onLine && (await showKept(question, signal))) return;
    const result = await requestForecast(question, {
      signal,
      onSend: (requestId) => {
        request.requestId = requestId;
      },
      onStage: (stage) => showStage(stage, ticker),
      onRetry: showRetry,
    });
    signal.throwIfAborted();
    showAnswer(result);
    rememberQuestion(questionOf(result));
    keptAnswers().then((answers) => answers?.keepAnswer(question, result, new Date()));
  } catch (error) {
    if (!signal.aborted) await fail(error instanceof ApiError ? error : unexpected(error), question, signal);
  } finally {
    stopClock();
  }
}

/** @param {FinishedForecast} result */
function showAnswer(result) {
  answer.show(result, questionParameters().get("tab"));
  hideProgress();
  scrollToShow(byId("answer-title"));
  announce(headline(result));
}

/**
 * Show the last answer that this browser has kept, with its age.
 *
 * @param {Question} question
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether there is one
 */
async function showKept(question, signal) {
  const kept = await keptAnswers().then((answers) => answers?.keptAnswer(question));
  if (!kept || signal.aborted) return signal.aborted;
  clearParts();
  isOld = true;
  showFailure(kept.words, null, tryAgain);
  showAnswer(kept.result);
  return true;
}

function keptAnswers() {
  return import("../offline/kept_answers.js").catch(() => null);
}

/**
 * @param {ApiError} failure
 * @param {Question} question
 * @param {AbortSignal} signal
 */
async function fail(failure, question, signal) {
  clearParts();
  if (failure.code === NO_SERVER && (await showKept(question, signal))) return;
  if (failure.code === NO_LOGIN) {
    goToLogin();
    return;
  }
  const countdown = retry.start(failure);
  const { field, title, text } = failureText(failure, countdown !== null);
  if (field) {
    byId("outcome").classList.remove("reserved");
    form.showProblem(field, text);
  } else {
    showFailure({ title, text }, countdown, tryAgain);
    scrollToShow(byId("alert"));
  }
  if (field === "ticker") offerAlternatives(question, signal);
  if (failure.code === NO_SOURCE) offerStoredTickers(question, signal);
}

function tryAgain() {
  form.focusSubmit();
  retry.reset();
  repeat();
}

/**
 * Offer tickers that are similar to an unknown one, or that belong to a typed company name.
 *
 * @param {Question} question
 * @param {AbortSignal} signal
 */
async function offerAlternatives({ ticker }, signal) {
  const found = await findTickers(ticker);
  if (!signal.aborted) form.showAlternatives(found.filter((match) => match.ticker !== ticker.toUpperCase()));
}

/**
 * The answer could not be shown. The console has the details for a developer.
 *
 * @param {unknown} error
 */
function unexpected(error) {
  console.error(error);
  return new ApiError({ code: "bad_answer" });
}

/** Abort the current request and remove what it shows. */
function clearOutcome() {
  current?.controller.abort();
  clearParts();
}

function clearParts() {
  isOld = false;
  retry.stop();
  clearFailure();
  hideProgress();
  form.showAlternatives([]);
  answer.clear();
  announce("");
}
