import type { BuildInfo } from "../verify/buildinfo/buildinfo.ts";

/** How a program was built, for building it again. */
export interface BuildFlags {
	/** For `go install`: `-tags=…`, `-ldflags=…`. */
	readonly flags: readonly string[];
	readonly env: Readonly<Record<string, string>>;
}

/** What cmd/go records of the command line (its load.setBuildInfo); -compiler and a default -buildmode are left to Go. */
const recorded = ["-asmflags", "-asan", "-buildmode", "-cover", "-covermode", "-coverpkg", "-gccgoflags", "-gcflags"];
const recordedToo = ["-ldflags", "-linkshared", "-msan", "-race", "-tags", "-trimpath"];
const variables = /^(?:CGO_(?:ENABLED|CFLAGS|CPPFLAGS|CXXFLAGS|LDFLAGS)|GOEXPERIMENT|GOFIPS140)$/;
/** What was chosen for an architecture says nothing about another. */
const levels: Readonly<Record<string, string>> = { amd64: "GOAMD64", arm64: "GOARM64" };

/** The flags and variables that a program was built with, as far as Go recorded them; none before Go 1.18. */
export function buildFlagsOf({ settings, goVersion }: BuildInfo, goarch: string): BuildFlags {
	const known = new Map(settings);
	const flags = [...recorded, ...recordedToo].flatMap((name) => {
		const value = known.get(name);
		return value === undefined || (name === "-buildmode" && value === "exe") ? [] : [`${name}=${value}`];
	});
	const env: Record<string, string> = {};
	const experiments = / X:(\S+)/.exec(goVersion)?.[1];
	if (experiments !== undefined) env.GOEXPERIMENT = experiments;
	for (const [name, value] of settings) {
		const isLevel = levels[goarch] === name && known.get("GOARCH") === goarch;
		if (value !== "" && (variables.test(name) || isLevel)) env[name] = value;
	}
	return { flags, env };
}
