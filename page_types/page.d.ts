// Types that the page's scripts share: the API's schemas by name, and the part of plotly that the page calls.

import type { components } from "./api.js";

type Schemas = components["schemas"];

declare global {
  type AlertDetail = Schemas["AlertDetail"];
  type AlertEvent = Schemas["AlertEventDetail"];
  type Backtest = Schemas["Backtest"];
  type BacktestPoint = Schemas["BacktestPoint"];
  type Channel = Schemas["ChannelDetail"];
  type Company = Schemas["Company"];
  type Components = Schemas["Components"];
  type Delivery = Schemas["DeliveryDetail"];
  type Distribution = Schemas["Distribution"];
  type DataUsed = Schemas["DataUsed"];
  type Fact = Schemas["Fact"];
  type FinishedForecast = Schemas["FinishedForecast"];
  type Headline = Schemas["Headline"];
  type MarketMovers = Schemas["MarketMovers"];
  type MarketPage = Schemas["BoardPage"];
  /** The columns of each horizon end with its trading days, such as `range_pct_21d`. */
  type MarketRow = Schemas["BoardRow"] & { [column: string]: any };
  type Match = Schemas["Match"];
  type Sentiment = Schemas["Sentiment"];
  type StockInsights = Schemas["StockInsights"];
  type StockEvent = Schemas["StockEvent"];
  type StockNews = Schemas["StockNews"];
  type StoredInterval = Schemas["StoredInterval"];
  type ModelUsed = Schemas["ModelUsed"];
  type RecordedForecast = Schemas["RecordedForecastView"];
  type ReportedRow = Schemas["ReportedRow"];
  type Risk = Schemas["Risk"];
  type SamplePaths = Schemas["SamplePaths"];
  type SeasonPoint = Schemas["SeasonPoint"];
  type StoredPrice = Schemas["StoredPrice"];
  type StoredPrices = Schemas["StoredPrices"];
  type StoredTicker = Schemas["StoredTicker"];
  type StoredUpload = Schemas["StoredUpload"];
  type TickerFacts = Schemas["TickerFacts"];
  type TrackRecord = Schemas["TrackRecord"];
  type WatchedStock = Schemas["WatchedStock"];
  type WatchlistDetail = Schemas["WatchlistDetail"];
  type WatchlistSummary = Schemas["WatchlistSummary"];

  type Evaluation = Schemas["FinishedEvaluation"];
  type EvaluationModel = Schemas["EvaluationModel"];
  /** Which models are compared. What is left out has its usual value. */
  type EvaluationQuestion = Partial<Omit<Schemas["EvaluationRequest"], "rule" | "request_id">> & {
    ticker: string;
    rule?: Partial<TradingRule>;
  };
  type Followed = Schemas["Followed"];
  type Hit = Schemas["Hit"];
  type HitChart = Schemas["HitChart"];
  type Holding = Schemas["Holding"];
  type Moves = Schemas["Moves"];
  type PatternFound = Schemas["PatternFound"];
  /** What is searched for, and where. What is left out has its usual value. */
  type PatternQuestion = { ticker: string; patterns: Pattern[]; tickers?: string[]; all?: boolean };
  type Pattern =
    | (Pick<Schemas["CandleSearch"], "type" | "candles"> & Partial<Schemas["CandleSearch"]>)
    | (Pick<Schemas["TurnaroundSearch"], "type" | "turn"> & Partial<Schemas["TurnaroundSearch"]>)
    | (Pick<Schemas["ShapeSearch"], "type"> & Partial<Schemas["ShapeSearch"]>);
  type PatternSearch = Schemas["FinishedPatternSearch"];
  type ScoreDifference = Schemas["Difference"];
  type TradingRule = Schemas["TradingRule"];

  /** What a forecast is requested for. All but the stock and the days are the usual ones unless they are named. */
  type Question = Pick<Schemas["ForecastRequest"], "ticker" | "days"> &
    Partial<Pick<Schemas["ForecastRequest"], "level" | "model" | "field" | "history_days">>;

  /** A day's close, with the other prices if they are stored. */
  type PricePoint = { date: string; close: number } & Partial<Omit<StoredPrice, "date" | "close">>;

  /** An axis as plotly has placed it: `_offset` and `_length` in pixels of the chart, `d2p` and `p2d` from `_offset` on. */
  interface PlotlyAxis {
    _offset: number;
    _length: number;
    range: [number, number];
    d2p(value: number): number;
    p2d(pixel: number): number;
    r2d(bound: number): number;
  }

  /** A chart's layout, as far as the page reads it. */
  interface PlotlyLayout {
    margin: { t: number };
    annotations: object[];
    xaxis: { nticks: number; domain?: [number, number] };
    xaxis2?: { range: [number, number] };
    yaxis3?: object;
  }

  interface PlotlyElement extends HTMLElement {
    data: { name?: string }[];
    layout: PlotlyLayout;
    _fullLayout?: {
      width: number;
      height: number;
      xaxis: PlotlyAxis;
      xaxis2?: PlotlyAxis;
      yaxis: PlotlyAxis;
      yaxis3?: PlotlyAxis;
    };
    on(event: "plotly_relayout", listener: (change: Record<string, string | undefined>) => void): void;
    on(event: "plotly_selected", listener: (selected?: { range?: { x: [string, string] } }) => void): void;
    on(event: "plotly_doubleclick" | "plotly_afterplot", listener: () => void): void;
    removeAllListeners(event: string): void;
  }

  interface Plotly {
    react(container: HTMLElement, data: object[], layout: object, config: object): Promise<unknown>;
    relayout(chart: HTMLElement, change: object): Promise<unknown>;
    restyle(chart: HTMLElement, change: object, traces: number[]): Promise<unknown>;
    downloadImage(figure: object, options: object): Promise<unknown>;
    purge(container: HTMLElement): void;
    Plots: { resize(chart: HTMLElement): void };
  }

  var Plotly: Plotly | undefined;
  var SwaggerUIBundle: (options: object) => void;
}
