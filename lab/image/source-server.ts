/** Where a source server listens, on both families. */
export const SOURCE_PORT = 8080;

/** What it is asked for, over HTTP; it answers with two words: the caller's address as seen, and its own host name. */
export const SOURCE_PATH = "/cgi-bin/source";

/** The program, a CGI script, that gives the answer; below the folder that httpd serves it is the file `cgi-bin/source`. */
// The server takes IPv4 callers on its IPv6 socket, so they come as [::ffff:10.244.1.2].
export const SOURCE_SCRIPT = `#!/bin/sh
address=\${REMOTE_ADDR#[}
address=\${address%]}
printf 'Content-Type: text/plain\\r\\n\\r\\n%s %s\\n' "\${address#::ffff:}" "$(hostname)"
`;

/** Serves the script from a folder. */
export function sourceServerArguments(folder: string): readonly string[] {
  return ["busybox", "httpd", "-f", "-p", `${SOURCE_PORT}`, "-h", folder];
}
