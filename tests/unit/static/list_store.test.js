import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ApiError } from "../../../static/api/exchange.js";
import { ListStore } from "../../../static/watchlists/list_store.js";
import { takeOverStoredStocks } from "../../../static/watchlists/takeover.js";

/** The server: its lists by id, the calls that came, and what happens before each of them. */
let lists = [];
let calls = [];
let beforeCall = () => {};

beforeEach(() => {
  const stored = new Map();
  globalThis.localStorage = {
    getItem: (name) => stored.get(name) ?? null,
    setItem: (name, text) => void stored.set(name, text),
    removeItem: (name) => void stored.delete(name),
  };
  lists = [];
  calls = [];
  beforeCall = () => {};
  globalThis.fetch = async (url, { method = "GET", body }) => {
    calls.push(`${method} ${url}`);
    await beforeCall(`${method} ${url}`);
    const [status, content] = answer(method, url.replace("api/v1/watchlists", ""), body && JSON.parse(body));
    return new Response(status === 204 ? null : JSON.stringify(content), { status });
  };
});

function answer(method, path, body) {
  if (path === "") return method === "GET" ? [200, { watchlists: lists.map(summary) }] : create(body.name);
  const [, id, rest = ""] = /^\/(\w+)(.*)$/.exec(path);
  const list = lists.find((each) => each.id === id);
  if (!list) return [404, { code: "not_found", detail: "There is no such watchlist." }];
  return rest ? answerAboutStocks(method, list, rest, body) : answerAboutList(method, list, body);
}

function answerAboutStocks(method, list, rest, body) {
  if (rest === ":import") return [200, put(list, rowsOf(body.csv))];
  const ticker = rest.replace("/stocks/", "");
  return method === "PUT" ? [200, put(list, [{ ticker, ...body }])] : remove(list, ticker);
}

function answerAboutList(method, list, body) {
  if (method === "PATCH") Object.assign(list, { name: body.name ?? list.name, stocks: ordered(list, body.order) });
  if (method === "DELETE") lists = lists.filter((each) => each !== list);
  return method === "DELETE" ? [204] : [200, list];
}

const summary = ({ id, name, stocks }) => ({ id, name, url: "", tickers: stocks.map(({ ticker }) => ticker) });
const tickersOf = (list) => list?.stocks.map(({ ticker }) => ticker);
const codeIs = (code) => (error) => error instanceof ApiError && error.code === code;

function create(name) {
  if (lists.some((list) => list.name === name)) return [400, { code: "invalid_request", detail: "The name is taken." }];
  lists.push({ id: `l${lists.length + 1}`, name, url: "", stocks: [] });
  return [201, lists.at(-1)];
}

function put(list, stocks) {
  const kept = new Map(list.stocks.map((stock) => [stock.ticker, stock]));
  for (const stock of stocks) kept.set(stock.ticker, stock);
  Object.assign(list, { stocks: [...kept.values()] });
  return { ...list };
}

function remove(list, ticker) {
  Object.assign(list, { stocks: list.stocks.filter((stock) => stock.ticker !== ticker) });
  return [204];
}

function ordered({ stocks }, order = []) {
  return order.map((ticker) => stocks.find((stock) => stock.ticker === ticker)).concat(order.length ? [] : stocks);
}

function rowsOf(csv) {
  const [, ...rows] = csv.trim().split("\n");
  return rows.map((row) => ({ ticker: row.split(",")[0].replaceAll('"', "") }));
}

async function storeWith(...tickers) {
  create("Watchlist");
  put(lists[0], tickers.map((ticker) => ({ ticker })));
  const store = new ListStore();
  await store.load();
  return store;
}

function keep(...tickers) {
  localStorage.setItem("stockcast.watched", JSON.stringify(tickers.map((ticker) => ({ ticker, days: 30 }))));
}

test("the first watched stock makes the list", async () => {
  const store = new ListStore();
  await store.load();
  assert.deepEqual([store.shown, store.lists], [null, []]);
  await store.add({ ticker: "AAPL", days: 30 });
  assert.deepEqual([store.shown.name, tickersOf(store.shown), store.has("AAPL")], ["Watchlist", ["AAPL"], true]);
});

test("quick moves build on each other", async () => {
  const store = await storeWith("A", "B", "C");
  const places = await Promise.all([store.move("C", -1), store.move("C", -1), store.move("A", 1)]);
  assert.deepEqual([places, tickersOf(store.shown), tickersOf(lists[0])], [[2, 1, 3], ["C", "B", "A"], ["C", "B", "A"]]);
});

test("a change that fails stops no later one", async () => {
  const store = await storeWith("A", "B");
  const failing = store.remove("A").then(() => null);
  beforeCall = (call) => {
    if (call.endsWith("/stocks/A")) throw new TypeError("network");
  };
  const removed = store.remove("B");
  await assert.rejects(failing, codeIs("unreachable"));
  await removed;
  assert.deepEqual(tickersOf(store.shown), ["A"]);
});

test("the list that was chosen last is shown again, and another one if it is gone", async () => {
  const store = await storeWith("A");
  await store.create("Energy");
  const next = new ListStore();
  await next.load();
  assert.equal(next.shown.name, "Energy");
  lists.pop();
  await next.load();
  assert.equal(next.shown.name, "Watchlist");
});

test("deleting a list shows another one", async () => {
  const store = await storeWith("A");
  await store.create("Energy");
  await store.delete();
  assert.deepEqual([store.lists.length, store.shown.name], [1, "Watchlist"]);
  await store.delete();
  assert.deepEqual([store.lists, store.shown], [[], null]);
});

test("a list that is gone is a failure", async () => {
  const store = await storeWith("A");
  lists = [];
  await assert.rejects(store.rename("Oil"), codeIs("not_found"));
});

test("stocks of an earlier page are taken over, then forgotten", async () => {
  keep("B", "A");
  assert.equal(await takeOverStoredStocks(), "l1");
  assert.deepEqual(tickersOf(lists[0]), ["B", "A"]);
  assert.equal(localStorage.getItem("stockcast.watched"), null);
  calls = [];
  assert.equal(await takeOverStoredStocks(), null);
  assert.deepEqual(calls, [], "there is nothing to take over");
});

test("a stock that the list has keeps its note", async () => {
  await storeWith("A");
  lists[0].stocks[0].note = "mine";
  keep("A", "B");
  await takeOverStoredStocks();
  assert.deepEqual(lists[0].stocks, [{ ticker: "A", note: "mine" }, { ticker: "B" }]);
});

test("without the server's confirmation, the browser keeps the stocks", async () => {
  for (const end of ["GET api/v1/watchlists", "POST api/v1/watchlists", "POST api/v1/watchlists/l1:import"]) {
    keep("A");
    beforeCall = (call) => {
      if (call === end) throw new TypeError("network");
    };
    await assert.rejects(takeOverStoredStocks(), codeIs("unreachable"));
    assert.notEqual(localStorage.getItem("stockcast.watched"), null);
  }
  beforeCall = () => {};
  await takeOverStoredStocks();
  assert.deepEqual(lists.map(summary), [{ id: "l1", name: "Watchlist", url: "", tickers: ["A"] }]);
});

test("two tabs that take over at once make one list without duplicates", async () => {
  keep("A", "B");
  assert.deepEqual(await Promise.all([takeOverStoredStocks(), takeOverStoredStocks()]), ["l1", "l1"]);
  assert.deepEqual(lists.map(tickersOf), [["A", "B"]]);
});

test("a stock that another tab stored meanwhile stays", async () => {
  keep("A");
  beforeCall = (call) => {
    if (call.endsWith(":import")) keep("A", "B");
  };
  await takeOverStoredStocks();
  assert.deepEqual(JSON.parse(localStorage.getItem("stockcast.watched")), [{ ticker: "B", days: 30 }]);
});
