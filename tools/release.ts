import type { Family } from "./family.ts";

/** The architectures of releases, as their projects name them. */
export type Architecture = "amd64" | "arm64";

/** One official download: a bare program, or an archive (.tar.gz) with programs somewhere inside. */
export interface Release {
  readonly url: string;
  /** A file of the release itself with the SHA-256 of the download: alone, or in a line that ends in the download's name. */
  readonly checksumUrl: string;
  readonly archive: boolean;
  readonly programs: readonly string[];
}

/**
 * The official downloads of a family's programs, for a version with its v, e.g. `"v1.37.2"`; none where no download has all that is needed.
 * No checksum is pinned here, since none could be verified apart from the place that serves the file: the release's own
 * checksum is fetched over TLS, and the program must then say the pinned version.
 */
export function releasesOf(
  family: Family,
  programs: readonly string[],
  version: string,
  architecture: Architecture,
): readonly Release[] {
  if (family === "kubernetes" || family === "kubernetes-1.34") {
    return programs.map((program) => {
      const url = `https://dl.k8s.io/release/${version}/bin/linux/${architecture}/${program}`;
      return { url, checksumUrl: `${url}.sha256`, archive: false, programs: [program] };
    });
  }
  // Its releases have programs alone; the kinds that they serve are in its module only.
  if (family === "argocd") return [];
  const project = ARCHIVES[family];
  const name = project.archive(version, architecture);
  const base = project.base ?? `https://github.com/${project.repository}/releases/download/${version}`;
  return [{ url: `${base}/${name}`, checksumUrl: `${base}/${project.checksum(name)}`, archive: true, programs }];
}

interface Archive {
  readonly repository: string;
  /** Where archives are that GitHub does not have. */
  readonly base?: string;
  archive(version: string, architecture: Architecture): string;
  /** The name of the checksum file beside the archive. */
  checksum(archive: string): string;
}

const ARCHIVES: Readonly<Record<Exclude<Family, "kubernetes" | "kubernetes-1.34" | "argocd">, Archive>> = {
  etcd: {
    repository: "etcd-io/etcd",
    archive: (version, architecture) => `etcd-${version}-linux-${architecture}.tar.gz`,
    checksum: () => "SHA256SUMS",
  },
  containerd: {
    repository: "containerd/containerd",
    archive: (version, architecture) => `containerd-${version.replace(/^v/, "")}-linux-${architecture}.tar.gz`,
    checksum: (archive) => `${archive}.sha256sum`,
  },
  "cni-plugins": {
    repository: "containernetworking/plugins",
    archive: (version, architecture) => `cni-plugins-linux-${architecture}-${version}.tgz`,
    checksum: (archive) => `${archive}.sha256`,
  },
  helm: {
    repository: "helm/helm",
    base: "https://get.helm.sh",
    archive: (version, architecture) => `helm-${version}-linux-${architecture}.tar.gz`,
    checksum: (archive) => `${archive}.sha256sum`,
  },
  prometheus: {
    repository: "prometheus/prometheus",
    archive: (version, architecture) => `prometheus-${version.replace(/^v/, "")}.linux-${architecture}.tar.gz`,
    checksum: () => "sha256sums.txt",
  },
};

/** The SHA-256, in lower-case hex, that a checksum file gives for a file name; undefined where it gives none. */
export function checksumFor(fileName: string, checksums: string): string | undefined {
  const lines = checksums.split("\n").map((line) => line.trim().split(/\s+/));
  const named = lines.find(([, name]) => name !== undefined && name.replace(/^\*/, "").split("/").at(-1) === fileName);
  const alone = lines.find((words) => words.length === 1);
  const sum = (named ?? alone)?.[0]?.toLowerCase();
  return sum !== undefined && /^[0-9a-f]{64}$/.test(sum) ? sum : undefined;
}
