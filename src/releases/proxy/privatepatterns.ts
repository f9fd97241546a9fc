/**
 * Whether a module's path, or a leading part of it, matches one of the comma-separated patterns of GOPRIVATE, GONOPROXY
 * or GONOSUMDB: globs in which `*` and `?` never match a slash (golang.org/x/mod/module.MatchPrefixPatterns, path.Match).
 */
export function isPrivate(patterns: string, module: string): boolean {
	const parts = module.split("/");
	return patterns.split(",").some((text) => {
		const pattern = text.trim().replace(/\/+$/, "");
		if (pattern === "") return false;
		const globs = pattern.split("/");
		return globs.length <= parts.length && globs.every((glob, at) => matches(glob, parts[at] ?? ""));
	});
}

/** A glob that can't be read matches nothing. */
function matches(glob: string, part: string): boolean {
	const source = glob.replace(/\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|([\s\S])/g, (_, escaped, not, set, plain) => {
		if (set !== undefined) return `[${not}${set.replace(/[[\]^&~|]/g, "\\$&")}]`;
		if (plain === "*") return "[^/]*";
		if (plain === "?") return "[^/]";
		return `\\u{${(escaped ?? plain).codePointAt(0).toString(16)}}`;
	});
	try {
		return new RegExp(`^(?:${source})$`, "u").test(part);
	} catch {
		return false;
	}
}
