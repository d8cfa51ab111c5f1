/** The range of the forecast's chart. Pure functions. */

/** Months of the past beside up to so many days of forecast, so that neither fills the chart alone. */
const MONTHS_BESIDE_DAYS = [
  { days: 45, months: 6 },
  { days: 180, months: 12 },
];
const MOST_MONTHS = 24;

/**
 * Return how many months of the past to show beside a forecast.
 *
 * @param {number} days of the forecast
 */
export function usualMonths(days) {
  return MONTHS_BESIDE_DAYS.find((step) => days <= step.days)?.months ?? MOST_MONTHS;
}
