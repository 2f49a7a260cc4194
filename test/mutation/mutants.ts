import { agentMutants } from "./agent-mutants.ts";
import { claimMutants } from "./claim-mutants.ts";
import { ledgerMutants } from "./ledger-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { releaseMutants } from "./release-mutants.ts";

/** All of them. */
export const mutants: readonly Mutant[] = [...ledgerMutants, ...claimMutants, ...releaseMutants, ...agentMutants];
