import type { GoInstead, GoSwitch } from "./goswitch.ts";
import type { Selection } from "./selection.ts";

/** Why a version is in force, on one line, as `gox current` prints it in parentheses. */
export function whySentence({ source, version, below }: Selection): string {
	return below ? `${sourceSentence(source, version)}; ${below.path} asks for ${below.text}` : sourceSentence(source, version);
}

function sourceSentence({ kind, path, text }: Selection["source"], version: string | null): string {
	switch (kind) {
		case "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION":
		case "GOX_VERSION":
			return `${kind}=${text}`;
		case ".go-version":
		case ".tool-versions":
			return text === version || `go${text}` === version ? `${path}` : `${path}: ${text}`;
		case "go.work":
		case "go.mod":
			return `${path}: ${text}`;
		case "default":
			return "default";
		case "system":
			return path ?? "system";
	}
}

/** Which toolchain Go itself switches to next. */
export function switchSentence(
	{ gotoolchain, from, toolchain, because, path, download, refusal }: GoSwitch,
	version: string | null,
): string {
	const setting = `GOTOOLCHAIN=${gotoolchain} (${from})`;
	if (toolchain === null) {
		if (refusal !== null) return `${setting}: ${version} stays itself, and refuses: ${refusal}`;
		return `${setting}: ${version} runs itself${because === null ? "" : `: ${because}`}`;
	}
	if (path !== null) return `${setting}: ${version} becomes ${toolchain} (${because}), found at ${path}`;
	const missing = `${version} becomes ${toolchain} (${because}), which is not on PATH`;
	if (refusal !== null) return `${setting}: ${missing}, and so fails: ${refusal}`;
	return `${setting}: ${missing}${download ? ": Go downloads it, unless its module cache has it" : ", and so fails"}`;
}

/** What Go would do without gox. */
export function insteadSentence({ version, at, next }: GoInstead): string {
	const what = next ? switchSentence(next, version) : `${version} runs itself`;
	return `Go by itself (${at}): ${what}`;
}
