/** The CustomResourceDefinitions of this project, relative to its root, in the order in which they are applied and their types printed. */
export const CRD_FILES: readonly string[] = [
  "crds/podnetwork.yaml",
  "crds/nodesubnet.yaml",
  "crds/nodenetwork.yaml",
  "crds/rangeledger.yaml",
];
