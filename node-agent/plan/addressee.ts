import type { AgentView } from "./decide.ts";
import type { Identity } from "./journal.ts";
import type { Problem } from "./problem.ts";

/** What of the API server's word is meant for this machine. */
export interface Addressed {
  readonly view: AgentView | undefined;
  /** Why that is less than all of it. */
  readonly problem: Problem | undefined;
}

/**
 * A NodeNetwork that was written for another machine tells this one nothing: while both run, as after a replacement under the same name, one of them would
 * give its pods what the pods of the other one have. Where either side names no machine it counts.
 */
export function addressedTo({ machineID }: Identity, view: AgentView | undefined): Addressed {
  const named = view?.own?.spec.machineID;
  if (view === undefined || machineID === undefined || named === undefined || named === machineID)
    return { view, problem: undefined };
  return { view: { ...view, own: undefined }, problem: ofOtherMachine(named, machineID) };
}

function ofOtherMachine(named: string, machineID: string): Problem {
  return {
    path: "spec.machineID",
    code: "OtherMachine",
    message: `the NodeNetwork is for machine ${named}, and this is ${machineID} (/etc/machine-id), so nothing of it is done here: two machines must not have the same node name; if there is only this one, restart its kubelet, which tells its machine id`,
  };
}
