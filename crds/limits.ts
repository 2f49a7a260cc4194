import schemas from "./schemas.json" with { type: "json" };

/** How many addresses of its node a claim names at most: what the schema holds, since the API server refuses a claim with more. */
export const mostNodeAddresses = schemas.NodeSubnet.properties.spec.properties.nodeAddresses.maxItems;

/** How many ranges the ledger holds at most, so that it stays well below what the API server stores (1.5 MiB). */
export const mostLedgerEntries = schemas.RangeLedger.properties.spec.properties.entries.maxItems;

/** How many characters the message of a condition has at most. */
export const longestConditionMessage =
  schemas.PodNetwork.properties.status.properties.conditions.items.properties.message.maxLength;
