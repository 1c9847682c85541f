/**
 * The release of genops that runs, as servers, stores and experiments are told it.
 *
 * @since 0.1.0
 */

/**
 * The version that all packages share.
 *
 * @since 0.1.0
 */
export const version = "0.1.0"
