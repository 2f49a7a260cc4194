/** A pod as the play knows it. */
export interface PlayedPod {
  readonly id: string;
  /** Path of its namespace. */
  readonly netns: string;
  readonly addresses: readonly string[];
}

/** Who really has which address, whatever files say. */
export interface Truth {
  /** Pods that work. */
  readonly living: ReadonlyMap<string, PlayedPod>;
  /** A pod works from now on. */
  works(pod: PlayedPod): void;
  /** Nobody told the runtime, but the namespace has the addresses as long as it is there. */
  stands(pod: PlayedPod): void;
  /** A pod works no more: it is being deleted. */
  ends(id: string): void;
  /** The namespace has gone. */
  goes(id: string): void;
  /** What must not be. */
  readonly violations: readonly string[];
  violated(what: string): void;
  /** Addresses of pods that work, or stand. */
  holder(address: string): string | undefined;
}

/** Nobody has any. */
export function createTruth(): Truth {
  const living = new Map<string, PlayedPod>();
  const holders = new Map<string, string>();
  const violations: string[] = [];
  const take = ({ id, addresses }: PlayedPod) => {
    for (const address of addresses) {
      const other = holders.get(address);
      if (other !== undefined && other !== id) violations.push(`${address} was given to ${id} while ${other} has it`);
      holders.set(address, id);
    }
  };
  const release = (id: string) => {
    for (const [address, holder] of holders) if (holder === id) holders.delete(address);
    living.delete(id);
  };
  return {
    living,
    violations,
    works(pod) {
      take(pod);
      living.set(pod.id, pod);
    },
    stands: take,
    ends: release,
    goes: release,
    violated: (what) => violations.push(what),
    holder: (address) => holders.get(address),
  };
}
