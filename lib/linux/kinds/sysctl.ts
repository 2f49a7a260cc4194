import type { Kind } from "../../reconcile/kind.ts";

/** A kernel setting under `/proc/sys`; only those named are ever read or written, and none is ever taken back. */
export interface SysctlItem {
  /** Path below `/proc/sys`, e.g. `"net/ipv4/ip_forward"`, `"net/ipv4/conf/cni0/send_redirects"`. */
  readonly path: string;
  /** e.g. `"1"`. */
  readonly value: string;
}

/** Kernel settings; one that does not exist shows as missing and fails when it is written. */
export const sysctlKind: Kind<SysctlItem> = {
  name: "sysctl",
  key: (sysctl) => sysctl.path,
  differs: (want, have) => (want.value === have.value ? undefined : `${have.value}, wanted ${want.value}`),
};

/** The value in what a file below `/proc/sys` holds: several numbers are parted by tabs there. */
export function parseSysctl(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}
