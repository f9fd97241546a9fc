/** Other version managers of Go, and `go` for a Go that somebody put on PATH by hand. */
export type LeftoverTool = "gvm" | "goenv" | "g" | "gobrew" | "goup" | "asdf" | "mise" | "go";

/** What a tool writes, or tells people to write, into start-up files. */
export interface ToolMarks {
	readonly tool: LeftoverTool;
	/** The commands it is called by. */
	readonly commands?: RegExp;
	/** Directories and files that are its own; the home directory is written `~`. */
	readonly paths: RegExp;
	/** Variables that nothing else reads. */
	readonly variables?: RegExp;
	/** It manages other languages too: only what this matches is about Go. */
	readonly goPart?: RegExp;
	/** A word that a comment above its lines has. */
	readonly comment?: RegExp;
}

/** From the tools' own installers and instructions; the first that matches wins. */
export const leftoverTools: readonly ToolMarks[] = [
	{
		tool: "gvm",
		commands: /^gvm$/,
		paths: /(?:^|\/)\.gvm(?:\/|$)|^\$\{?GVM_ROOT\b/,
		variables: /^(?:GVM|gvm)_/,
		comment: /\bgvm\b/i,
	},
	{
		tool: "goenv",
		commands: /^goenv$/,
		paths: /(?:^|\/)\.goenv(?:\/|$)|^\$\{?GOENV_ROOT\b|\/goenv\//,
		variables: /^GOENV_/,
		comment: /\bgoenv\b/i,
	},
	{
		tool: "gobrew",
		commands: /^gobrew$/,
		paths: /(?:^|\/)\.gobrew(?:\/|$)|^\$\{?GOBREW_ROOT\b/,
		variables: /^GOBREW_/,
		comment: /\bgobrew\b/i,
	},
	{
		tool: "goup",
		commands: /^goup$/,
		paths: /(?:^|\/)\.goup(?:\/|$)|(?:^|\/)\.go\/(?:env|current)(?:\/|$)/,
		variables: /^GOUP_/,
		comment: /\bgoup\b/i,
	},
	// Two tools are called g: one keeps its Gos below ~/.go, the other below ~/.g.
	{
		tool: "g",
		paths: /(?:^|\/)\.g(?:\/|$)|(?:^|\/)\.go(?:\/bin|\/\.versions(?:\/.*)?)?\/?$/,
		variables: /^G_(?:MIRROR|HOME|EXPERIMENTAL)$/,
		comment: /\bg shell setup\b|\bg-install\b/i,
	},
	{
		tool: "asdf",
		commands: /^asdf$/,
		paths: /(?:^|\/)\.asdf(?:\/|\}|$)|^\$\{?(?:ASDF_(?:DATA_)?DIR|_asdf_shims)\b|\/asdf\/|\/asdf\.(?:sh|fish)$|\basdf\)\//,
		variables: /^ASDF_|^_asdf_shims$/,
		goPart: /plugins\/golang\/|^ASDF_GOLANG_|\bgolang\b/,
		comment: /\basdf\b/i,
	},
	{
		tool: "mise",
		commands: /^(?:mise|rtx)$/,
		paths: /\/(?:mise|rtx)\/(?:shims|installs)(?:\/|$)|^\$\{?MISE_DATA_DIR\b/,
		variables: /^(?:MISE|RTX)_/,
		goPart: /installs\/go\/|^(?:MISE|RTX)_GO_|\bgo@|\bgo\/\d/,
		comment: /\bmise\b|\brtx\b/i,
	},
	{
		tool: "go",
		paths:
			/^\/usr\/(?:local|lib)\/go(?:-[\d.]+)?(?:\/|$)|^~\/sdk\/(?:go|\$)|^\$\{?GOROOT\b|^\/(?:opt\/homebrew|usr\/local|home\/linuxbrew\/\.linuxbrew)\/(?:opt|Cellar)\/go(?:@[\d.]+)?(?:\/|$)|^\$\((?:go env GOROOT|brew --prefix (?:go|golang)(?:@[\d.]+)?)\)/,
		variables: /^GOROOT(?:_FINAL)?$/,
	},
];
