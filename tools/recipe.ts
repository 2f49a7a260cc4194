import { type Family, PROGRAMS } from "./family.ts";

/** How one family comes from its Go module in `tools/go/<family>`. */
export interface Recipe {
  readonly family: Family;
  /** The module whose version in go.mod is the family's version. */
  readonly module: string;
  readonly programs: readonly string[];
  /** One file that is all programs: each program is a link to it. Absent: a file per program. */
  readonly multiCall?: string;
  /** Go packages to build, in the order of the programs, or the one package of the multi-call binary. */
  readonly packages: readonly string[];
  /** Flags of `go build`, for a version with its v, e.g. `"v1.37.2"`. */
  flags(version: string): readonly string[];
  /** The version as the project itself numbers it and its programs say it, where that is not the module's. */
  releaseOf?(version: string): string;
  /** Arguments with which a program says its version. */
  versionArguments(program: string): readonly string[];
  /** Files of the module that are kept beside the programs, by their last name, e.g. `"manifests/crds/application-crd.yaml"`. */
  readonly moduleFiles?: readonly string[];
  /** Free space a build with empty Go caches needs, in megabytes: compiled packages, and module sources. */
  readonly coldMegabytes: { readonly compiled: number; readonly modules: number };
}

/** The recipe of a family. */
export function recipeOf(family: Family): Recipe {
  return { family, programs: PROGRAMS[family], ...RECIPES[family] };
}

const REPRODUCIBLE = ["-trimpath", "-buildvcs=false"];
const WITHOUT_DEBUG = [...REPRODUCIBLE, "-gcflags=all=-dwarf=false"];
const CONTAINERD = "github.com/containerd/containerd/v2";
const PLUGINS = "github.com/containernetworking/plugins";
const HELM = "helm.sh/helm/v4";
const PROMETHEUS = "github.com/prometheus";
const ARGOCD = "github.com/argoproj/argo-cd/v3";

function askVersion(): readonly string[] {
  return ["--version"];
}

type Ways = Omit<Recipe, "family" | "programs">;

const kubernetes: Ways = {
  module: "k8s.io/kubernetes",
  multiCall: "kubernetes",
  packages: ["."],
  flags: (version) => [...WITHOUT_DEBUG, `-ldflags=-s -w ${kubernetesStamp(version)}`],
  versionArguments: (program) => (program === "kubectl" ? ["version", "--client"] : ["--version"]),
  coldMegabytes: { compiled: 3500, modules: 1500 },
};

const RECIPES: Readonly<Record<Family, Ways>> = {
  kubernetes,
  "kubernetes-1.34": {
    ...kubernetes,
    coldMegabytes: { compiled: 2000, modules: 1200 },
  },
  etcd: {
    module: "go.etcd.io/etcd/server/v3",
    packages: ["go.etcd.io/etcd/server/v3"],
    flags: () => [...WITHOUT_DEBUG, "-ldflags=-s -w"],
    versionArguments: askVersion,
    coldMegabytes: { compiled: 700, modules: 300 },
  },
  containerd: {
    module: CONTAINERD,
    packages: PROGRAMS.containerd.map((program) => `${CONTAINERD}/cmd/${program}`),
    flags: (version) => [
      ...WITHOUT_DEBUG,
      "-tags=no_btrfs no_zfs no_devmapper",
      `-ldflags=-s -w -X ${CONTAINERD}/version.Version=${version}`,
    ],
    versionArguments: askVersion,
    coldMegabytes: { compiled: 1000, modules: 300 },
  },
  "cni-plugins": {
    module: PLUGINS,
    packages: ["main/bridge", "main/loopback", "ipam/host-local", "meta/portmap", "meta/bandwidth"].map(
      (path) => `${PLUGINS}/plugins/${path}`,
    ),
    flags: (version) => [...REPRODUCIBLE, `-ldflags=-s -w -X ${PLUGINS}/pkg/utils/buildversion.BuildVersion=${version}`],
    versionArguments: askVersion,
    coldMegabytes: { compiled: 300, modules: 100 },
  },
  helm: {
    module: HELM,
    packages: [`${HELM}/cmd/helm`],
    flags: (version) => [...WITHOUT_DEBUG, `-ldflags=-s -w -X ${HELM}/internal/version.version=${version}`],
    versionArguments: () => ["version", "--short"],
    coldMegabytes: { compiled: 1000, modules: 500 },
  },
  prometheus: {
    module: `${PROMETHEUS}/prometheus`,
    packages: [`${PROMETHEUS}/prometheus/cmd/promtool`],
    // Without the discovery of services in two dozen clouds, which no rule needs.
    flags: (version) => [
      ...WITHOUT_DEBUG,
      "-tags=remove_all_sd",
      `-ldflags=-s -w -X ${PROMETHEUS}/common/version.Version=${prometheusRelease(version).slice(1)}`,
    ],
    releaseOf: prometheusRelease,
    versionArguments: askVersion,
    coldMegabytes: { compiled: 1500, modules: 600 },
  },
  argocd: {
    module: ARGOCD,
    multiCall: "argocd",
    packages: ["."],
    flags: (version) => [...WITHOUT_DEBUG, `-ldflags=-s -w -X ${ARGOCD}/common.version=${version.replace(/^v/, "")}`],
    versionArguments: askVersion,
    moduleFiles: [
      "manifests/crds/application-crd.yaml",
      "manifests/crds/appproject-crd.yaml",
      "manifests/base/config/argocd-cm.yaml",
    ],
    coldMegabytes: { compiled: 2500, modules: 1500 },
  },
};

/** Its modules are numbered so that they need no number in their path: `"v0.316.0"` is of the release `"v3.16.0"`. */
function prometheusRelease(version: string): string {
  return version.replace(/^v0\.(\d+)(\d{2})\.(\d+)$/, (_, major, minor, patch) => `v${major}.${Number(minor)}.${patch}`);
}

function kubernetesStamp(version: string): string {
  const [major, minor] = version.replace(/^v/, "").split(".");
  const stamp = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  return Object.entries(stamp)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(" ");
}
