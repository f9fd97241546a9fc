import type { Selection } from "./source.ts";

/** Why a version is in force, on one line, as `gox current` says it in parentheses. */
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
