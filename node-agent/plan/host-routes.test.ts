import assert from "node:assert/strict";
import { test } from "node:test";
import { hostRoutesOf } from "./host-routes.ts";

const route = (destination: string, device: string | undefined = "eth0") => ({ destination, device });

test("prefixes that a pod network could collide with are told, the widest first, each once, with the interface", () => {
  const routes = [
    route("192.168.1.0/24"),
    route("10.50.0.0/16", "wg0"),
    { destination: "fd00:7::/48", device: undefined },
    route("10.50.0.0/16", "eth1"),
  ];
  assert.deepEqual(hostRoutesOf(routes, ["cni0"]), [
    { cidr: "10.50.0.0/16", device: "wg0" },
    { cidr: "192.168.1.0/24", device: "eth0" },
    { cidr: "fd00:7::/48" },
  ]);
});

test("the default route, single hosts, links alone, multicast and our own bridge are not told of", () => {
  const none = [
    "default",
    "10.0.0.1",
    "fd00::1",
    "fe80::/64",
    "169.254.0.0/16",
    "ff00::/8",
    "224.0.0.0/4",
    "127.0.0.0/8",
    "0.0.0.0/0",
  ];
  assert.deepEqual(hostRoutesOf([...none.map((one) => route(one)), route("10.244.1.0/24", "cni0")], ["cni0"]), []);
});

test("of very many the widest 64 are told", () => {
  const many = Array.from({ length: 5_000 }, (_, at) => route(`10.${at >> 8}.${at & 255}.0/24`));
  const told = hostRoutesOf([...many, route("172.16.0.0/12")], []);
  assert.deepEqual([told.length, told[0]?.cidr, told[63]?.cidr], [64, "172.16.0.0/12", "10.0.62.0/24"]);
});
