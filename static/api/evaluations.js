/** Client of the API's list of models. */

import { ApiError, call } from "./exchange.js";

/**
 * Return the names of the models that the operator of the server added; none if they cannot be read.
 *
 * @returns {Promise<string[]>}
 */
export async function addedModels() {
  try {
    /** @type {EvaluationModel[]} */
    const models = (await call("evaluations/models"))?.models ?? [];
    return models.filter(({ built_in: isBuiltIn }) => !isBuiltIn).map(({ name }) => name);
  } catch (error) {
    if (error instanceof ApiError) return [];
    throw error;
  }
}
