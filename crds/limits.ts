import schemas from "./schemas.json" with { type: "json" };

/** How many addresses of its node a claim names at most: what the schema holds, since the API server refuses a claim with more. */
export const mostNodeAddresses = schemas.NodeSubnet.properties.spec.properties.nodeAddresses.maxItems;
