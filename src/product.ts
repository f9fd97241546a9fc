import manifest from "../package.json" with { type: "json" };

/** The version of this gox, from package.json. */
export const goxVersion: string = manifest.version;

/** The oldest Node that gox runs on (package.json, "engines"). */
const oldest = [20, 19] as const;

/** The message for a Node that is too old; undefined for one that is new enough. */
export function tooOldRuntime(version: string): string | undefined {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined;
	return `gox: this is Node ${version}, and gox needs ${oldest.join(".")} or newer\n  a newer Node, or the self-contained gox, which needs none\n`;
}
