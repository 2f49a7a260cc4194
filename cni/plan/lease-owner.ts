/** Whom host-local gave an address to: one interface of one container. */
export interface LeaseOwner {
  readonly containerID: string;
  /** e.g. `"eth0"` */
  readonly ifName: string;
}

/** As libcni takes container ids; the name of a file is made of it. */
const containerID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/;

/** As the kernel takes names of interfaces, and libcni. */
const ifName = /^[^\s/:\p{Cc}]{1,15}$/u;

/**
 * What the content of a lease file says. `Nobody`: host-local ended between making the file and writing it, so that nobody was told of the address.
 * Undefined: it is not host-local's way of writing.
 */
export function parseLeaseOwner(text: string): LeaseOwner | "Nobody" | undefined {
  if (text === "") return "Nobody";
  const [id = "", name = "", ...more] = text.split("\r\n");
  const isOwner = containerID.test(id) && ifName.test(name) && name !== "." && name !== ".." && more.length === 0;
  return isOwner ? { containerID: id, ifName: name } : undefined;
}
