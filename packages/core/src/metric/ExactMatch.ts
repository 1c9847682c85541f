/**
 * `exact_match` of Vertex AI's Gen AI evaluation service.
 *
 * @since 0.1.0
 */

/**
 * 1 if both texts are equal, otherwise 0. Nothing is trimmed, folded or normalised.
 *
 * @since 0.1.0
 */
export const score = (prediction: string, reference: string): 0 | 1 => (prediction === reference ? 1 : 0)
