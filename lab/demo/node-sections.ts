import type { Host } from "../host.ts";
import type { Section, Verdict } from "./section.ts";
import type { Situation } from "./situation.ts";

/** What stands on each node: files, bridge, routes, and what the Node object says. */
export async function nodeSections({ lab, families }: Situation): Promise<Section[]> {
  const sections: Section[] = [];
  for (const [index, node] of lab.nodes.entries()) {
    const number = index + 1;
    const peers = lab.nodes.map((peer, place) => ({ peer, number: place + 1 })).filter(({ peer }) => peer !== node);
    const bridge = await read(node, ["ip", "-brief", "address", "show", "cni0"]);
    const routes = (
      await Promise.all(["-4", "-6"].map((family) => read(node, ["ip", family, "route", "show", "proto", "244"])))
    ).join("");
    const files = await read(node, ["ls", "/etc/cni/net.d", "/opt/cni/bin"]);
    const conflist = await read(node, ["cat", "/etc/cni/net.d/10-podnet.conflist"]);
    sections.push({
      title: `${node.name}: bridge, routes and CNI configuration`,
      command: "ip -br addr show cni0; ip route show proto 244; ls /etc/cni/net.d /opt/cni/bin; cat /etc/cni/net.d/*.conflist",
      output: [bridge, routes, files, conflist].map((part) => part.trimEnd()).join("\n"),
      verdicts: [
        ...families.map((family) => contains(bridge, family.gateway(number), `cni0 is ${family.gateway(number)}`)),
        ...peers.flatMap(({ peer, number: peerNumber }) =>
          families.map((family) => {
            const [subnet, via] = [family.subnet(peerNumber), peer.addresses[family.index]];
            const isThere = routes.split("\n").some((line) => line.startsWith(`${subnet} `) && line.includes(` via ${via} `));
            return { ok: isThere, found: `${subnet} via ${via}` };
          }),
        ),
        ...["bridge", "host-local", "loopback", "portmap"].map((plugin) =>
          contains(files, plugin, `/opt/cni/bin/${plugin} is there`),
        ),
        ...families.map((family) =>
          contains(conflist, family.subnet(number), `new pods get addresses of ${family.subnet(number)}`),
        ),
      ],
    });
    sections.push(
      await describedNode(
        { lab },
        node,
        families.map((family) => family.gateway(number)),
        peers.length,
      ),
    );
  }
  return sections;
}

async function describedNode(
  { lab }: Pick<Situation, "lab">,
  node: Host,
  gateways: readonly string[],
  peers: number,
): Promise<Section> {
  const { stdout } = await lab.kubectl(["describe", "node", node.name]);
  const lines = stdout.split("\n").filter((line) => /cni/i.test(line));
  const programmed = lines.find((line) => line.includes("podnet CNI programmed")) ?? "";
  return {
    title: `${node.name}: what Kubernetes says of it`,
    command: `kubectl describe node ${node.name} | grep -i cni`,
    output: lines.join("\n"),
    verdicts: [
      contains(programmed, "NetworkUnavailable   False", "NetworkUnavailable is False"),
      ...gateways.map((gateway) => contains(programmed, gateway, `the message names cni0 ${gateway}`)),
      contains(programmed, `${peers} peers`, `the message names ${peers} peers`),
    ],
  };
}

function contains(text: string, part: string, found: string): Verdict {
  return { ok: text.includes(part), found };
}

async function read(host: Host, argv: readonly string[]): Promise<string> {
  const { stdout, stderr } = await host.run(argv);
  return stdout + stderr;
}
