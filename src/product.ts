import manifest from "../package.json" with { type: "json" };

/** The version of this gox, from package.json. */
export const goxVersion: string = manifest.version;
