import assert from "node:assert/strict";
import { test } from "node:test";
import { articleAddress, newsSource, publication } from "../../../static/text/news.js";
import { plain } from "./plain.js";

test("only addresses of the Web become links", () => {
  assert.equal(articleAddress("https://news.example/a?b=c"), "https://news.example/a?b=c");
  assert.equal(articleAddress("http://news.example"), "http://news.example/");
  for (const url of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//news.example", "/a", "", "blob:x"]) {
    assert.equal(articleAddress(url), "");
  }
});

test("a headline has its publisher and its day", () => {
  assert.equal(plain(publication({ publisher: "Reuters", published: "2024-05-03T12:30:00Z" })), "Reuters, Fri 3 May 2024");
  assert.equal(plain(publication({ publisher: "", published: "2024-05-03T12:30:00Z" })), "Fri 3 May 2024");
});

test("the headlines have their source, and their lack is said", () => {
  const news = { ticker: "AAPL", source: "finnhub", source_name: "Finnhub", fetched_at: "2024-05-03T12:30:00Z", headlines: [] };
  assert.match(newsSource(news), /^Finnhub has no headlines/);
  assert.match(plain(newsSource({ ...news, headlines: [{}] })), /^From Finnhub, fetched on Fri 3 May 2024\./);
});
