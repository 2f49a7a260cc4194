import type { BridgePort } from "../../lib/linux/bridge-ports.ts";

/** Says how many pods have another MTU than those that are made now; none, nothing. It is no fault: a pod keeps what it was made with. */
export function otherMtus(ports: readonly BridgePort[], mtu: number): string[] {
  const others = ports.filter((port) => port.mtu !== mtu);
  if (others.length === 0) return [];
  const sizes = [...new Set(others.map((port) => port.mtu))].toSorted((a, b) => a - b).join(", ");
  const pods = others.length === 1 ? "1 pod has" : `${others.length} pods have`;
  return [
    `${pods} an MTU of ${sizes}, new ones get ${mtu}; make the old ones anew; until then packets of full size between old and new ones may get lost`,
  ];
}
