// Types that the page's scripts share: the API's schemas by name, and the part of plotly that the page calls.

import type { components } from "./api.js";

type Schemas = components["schemas"];

declare global {
  type Backtest = Schemas["Backtest"];
  type BacktestPoint = Schemas["BacktestPoint"];
  type Components = Schemas["Components"];
  type DataUsed = Schemas["DataUsed"];
  type FinishedForecast = Schemas["FinishedForecast"];
  type Match = Schemas["Match"];
  type ModelUsed = Schemas["ModelUsed"];
  type SeasonPoint = Schemas["SeasonPoint"];
  type StoredPrice = Schemas["StoredPrice"];
  type StoredPrices = Schemas["StoredPrices"];
  type StoredTicker = Schemas["StoredTicker"];

  /** What a forecast is requested for. */
  type Question = Pick<Schemas["ForecastRequest"], "ticker" | "days">;

  /** A day's close, with the other prices if they are stored. */
  type PricePoint = { date: string; close: number } & Partial<Omit<StoredPrice, "date" | "close">>;

  interface PlotlyElement extends HTMLElement {
    layout: { xaxis: { nticks: number } };
    _fullLayout?: { width: number; height: number };
    on(event: "plotly_relayout", listener: (change: Record<string, string | undefined>) => void): void;
    on(event: "plotly_doubleclick", listener: () => void): void;
    removeAllListeners(event: string): void;
  }

  interface Plotly {
    react(container: HTMLElement, data: object[], layout: object, config: object): Promise<unknown>;
    relayout(chart: HTMLElement, change: object): Promise<unknown>;
    purge(container: HTMLElement): void;
    Plots: { resize(chart: HTMLElement): void };
  }

  var Plotly: Plotly | undefined;
  var SwaggerUIBundle: (options: object) => void;
}
