/** A kernel setting under `/proc/sys`; only those named are ever read or written, and none is ever taken back. */
export interface SysctlItem {
  /** Path below `/proc/sys`, e.g. `"net/ipv4/ip_forward"`, `"net/ipv4/conf/cni0/send_redirects"`. */
  readonly path: string;
  /** e.g. `"1"`. */
  readonly value: string;
}
