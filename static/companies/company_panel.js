/** The panel of a ticker's company: what it is, its figures and reports, its dividends and splits. */

import { ApiError } from "../api/exchange.js";
import { readFacts } from "../api/companies.js";
import {
  companySource,
  companyTerms,
  dividendWords,
  figureRows,
  nextReportWords,
  payoutRows,
  reportRows,
} from "../text/companies.js";
import { explainFailure } from "../text/failures.js";
import { formatDate } from "../text/formats.js";
import { button, byId, element, table, terms } from "../widgets/elements.js";

/** @import { Shown } from "../page/late_panel.js" */

const FIGURES = ["Revenue", "Net income", "Earnings for each share", "Filed"];
const REPORTS = ["Filed", "Report", "Form", "Period up to"];
const PAYOUTS = ["First day without", "Event", "Size"];

export class CompanyPanel {
  /** @type {FinishedForecast|null} */
  #result = null;

  /** @param {Pick<Shown, "result">} shown */
  async show({ result }) {
    if (this.#result === result) return;
    this.clear();
    this.#result = result;
    byId("company-state").textContent = "Getting the facts…";
    try {
      const facts = await readFacts(result.ticker);
      if (this.#result === result) this.#showFacts(result, facts);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.#result === result) this.#showProblem(result, explainFailure(error));
    }
  }

  clear() {
    this.#result = null;
    byId("company-state").textContent = "";
    byId("company-content").hidden = true;
  }

  /**
   * @param {FinishedForecast} result
   * @param {TickerFacts} facts
   */
  #showFacts(result, facts) {
    const { company, company_problem: problem } = facts;
    byId("company-state").textContent = "";
    if (problem?.code === "no_company_facts" || problem?.code === "company_facts_off") {
      byId("company-state").textContent = problem.detail;
    } else if (problem) this.#showProblem(result, problem.detail);
    byId("company-facts").hidden = !company;
    if (company) showCompany(company);
    showPayouts(facts);
    byId("company-content").hidden = false;
  }

  /**
   * @param {FinishedForecast} result
   * @param {string} text
   */
  #showProblem(result, text) {
    const again = () => {
      // The button goes: a keyboard's next step begins at the panel.
      byId("panel-company").focus();
      this.#result = null;
      this.show({ result });
    };
    byId("company-state").replaceChildren(text, " ", button("Try again", again, "plain"));
  }
}

/** @param {Company} company */
function showCompany(company) {
  byId("company-terms").replaceChildren(...terms(companyTerms(company)));
  byId("company-notes").replaceChildren(...company.notes.map((note) => element("li", note)));
  showTable("company-years", "Years", ["Year up to", ...FIGURES], figureRows(company, "years"));
  showTable("company-quarters", "Quarters", ["Quarter up to", ...FIGURES], figureRows(company, "quarters"));
  byId("company-next").textContent = nextReportWords(company);
  showTable("company-reports", `Reports of ${company.name}`, REPORTS, reportRows(company));
  byId("company-source").textContent = companySource(company);
  byId("company-filings", HTMLAnchorElement).href = company.source_url;
}

/** @param {TickerFacts} facts */
function showPayouts(facts) {
  const { splits, splits_note: note, prices } = facts;
  byId("company-dividends").textContent = dividendWords(facts);
  byId("company-splits").textContent = splits?.length === 0 ? "The source of the prices states no split." : note ?? "";
  const rows = payoutRows(facts);
  byId("company-payouts-fold").hidden = rows.length === 0;
  showTable("company-payouts", "Dividends and splits", PAYOUTS, rows);
  byId("company-prices").textContent = prices
    ? `From the prices of ${prices.source_name}, fetched on ${formatDate(prices.fetched_at.slice(0, 10))}.`
    : "";
}

/**
 * @param {string} id
 * @param {string} caption
 * @param {string[]} heads
 * @param {string[][]} rows
 */
function showTable(id, caption, heads, rows) {
  byId(id).hidden = rows.length === 0;
  byId(id).replaceChildren(table(caption, heads, rows));
}
