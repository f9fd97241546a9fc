import type { GoxError } from "../errors.ts";

/** Who may say which Go to use, in the order in which they are asked (docs/selection.md). */
export type SourceKind =
	| "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"
	| "GOX_VERSION"
	| ".go-version"
	| ".tool-versions"
	| "go.work"
	| "go.mod"
	| "default"
	| "system";

/** What cmd/go sets for the toolchain that it switches to. */
export const switchVariable = "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION" satisfies SourceKind;

/** Who spoke, and in which words. */
export interface Source {
	readonly kind: SourceKind;
	/** The file, absolute; null for a variable. */
	readonly path: string | null;
	/** The word, or the line of a go.mod, that decided. */
	readonly text: string;
}

/** A source that was asked; `said` is null where it said nothing, `path` where there is no such file. */
export interface Considered {
	readonly kind: SourceKind;
	readonly path: string | null;
	readonly said: string | null;
}

/** A line of go.work or go.mod that asks for more than the pinned version. */
export interface Below {
	readonly path: string;
	readonly text: string;
}

/** Which Go is in force in a directory, and why. */
export interface Selection {
	/** `go1.22.5`; null while a prefix, alias or `latest` matches nothing that is installed. */
	readonly version: string | null;
	/** Null when not installed, and for a system go that is another program's wrapper. */
	readonly goroot: string | null;
	/** The directory that its tools run from; null when not installed. */
	readonly bin: string | null;
	readonly installed: boolean;
	readonly source: Source;
	/** What `gox install` is to be given: `1.22.5`, `1.22`, `1.15.15@darwin-amd64`; `system` for the pin of that name. */
	readonly request: string;
	/** Every source asked, in order; the last one won. */
	readonly considered: readonly Considered[];
	readonly below?: Below;
	/** Why it can't run: `not-installed` or `no-go`. */
	readonly failure?: GoxError;
}

/** Whether a file of a project spoke, not a variable, the default or the system. */
export function isFile(source: Source): source is Source & { readonly path: string } {
	return source.path !== null && source.kind !== "default" && source.kind !== "system";
}

/** Whether this kind of source names the Go that is to run, rather than what it must at least be. */
export function isPin(kind: SourceKind): boolean {
	return kind === "GOX_VERSION" || kind === ".go-version" || kind === ".tool-versions";
}
