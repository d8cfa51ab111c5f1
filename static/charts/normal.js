/** The standard normal distribution. Pure functions. */

const ROOT_2_PI = Math.sqrt(2 * Math.PI);
const MOST_TERMS = 200;
const MOST_STEPS = 50;
const EXACT = 1e-15;

/**
 * Return the probability below a normal score of at most ±8.
 *
 * @param {number} score
 * @see Marsaglia, Evaluating the Normal Distribution, Journal of Statistical Software 11 (2004): the series around 0
 */
export function probabilityOfScore(score) {
  let term = score;
  let sum = score;
  for (let at = 1; at < MOST_TERMS && Math.abs(term) > EXACT; at += 1) {
    term *= (score * score) / (2 * at + 1);
    sum += term;
  }
  return 0.5 + sum * density(score);
}

/**
 * Return the normal score of a probability between 0.0001 and 0.9999, by Newton's method.
 *
 * @param {number} probability
 */
export function scoreOfProbability(probability) {
  let score = 0;
  for (let at = 0; at < MOST_STEPS; at += 1) {
    const step = (probability - probabilityOfScore(score)) / density(score);
    score += step;
    if (Math.abs(step) < EXACT) break;
  }
  return score;
}

/** @param {number} score */
function density(score) {
  return Math.exp(-score * score / 2) / ROOT_2_PI;
}
