/** How a plan can be shown. */
export const outputs = ["table", "markdown", "json", "yaml"] as const;

/** One of them. */
export type Output = (typeof outputs)[number];
