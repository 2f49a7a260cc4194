import packageFile from "../../package.json" with { type: "json" };

/** The version of this build, e.g. `"0.1.0"`. */
export const productVersion: string = packageFile.version;
