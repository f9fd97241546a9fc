/**
 * The version of Go that a mise configuration asks for: `[tools]` with `go = "1.22"`, `go = ["1.22", …]`,
 * `go = { version = "1.22" }`, or `[tools.go]` with `version`; the first where there are several. Undefined where it
 * asks for none.
 */
export function goInMiseToml(text: string): string | undefined {
	let section = "";
	for (const line of text.split("\n")) {
		const header = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1];
		if (header !== undefined) {
			section = header.replace(/["'\s]/g, "");
			continue;
		}
		const [, key = "", value = ""] = /^\s*([A-Za-z0-9_."':-]+)\s*=\s*(.+?)\s*$/.exec(line) ?? [];
		const name = `${section === "" ? "" : `${section}.`}${key.replace(/["']/g, "")}`;
		const word = /^tools\.(?:core:)?(?:go|golang)$/.test(name)
			? versionOf(value)
			: /^tools\.(?:core:)?(?:go|golang)\.version$/.test(name)
				? quoted(value)
				: undefined;
		if (word !== undefined) return word;
	}
	return undefined;
}

/** The version of Go in a `.prototools`: `go = "1.22.5"` before any section. */
export function goInPrototools(text: string): string | undefined {
	const top = text.split(/^\s*\[/m)[0] ?? "";
	const value = /^\s*go\s*=\s*(.+)$/m.exec(top)?.[1];
	return value === undefined ? undefined : quoted(value);
}

function versionOf(value: string): string | undefined {
	const table = /^\{(.*)\}/.exec(value)?.[1];
	if (table !== undefined) return quoted(/(?:^|,)\s*version\s*=\s*(.+)$/.exec(table)?.[1] ?? "");
	return quoted(value.replace(/^\[\s*/, ""));
}

function quoted(value: string): string | undefined {
	return /^(?:"([^"]*)"|'([^']*)')/
		.exec(value.trim())
		?.slice(1)
		.find((word) => word !== undefined && word !== "");
}
