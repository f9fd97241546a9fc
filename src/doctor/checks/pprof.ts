import { join } from "node:path";
import { shWord } from "../../shell/quoting.ts";
import { type Check, fine } from "../finding.ts";

/** `go tool pprof` with the Go in force: built already, or (since 1.25) built when it is called. */
export const pprof: Check = {
	name: "pprof",
	title: "go tool pprof",
	area: "go",
	run: ({ inForce, probes, context }) => {
		const { goroot, version } = inForce();
		if (goroot === null) return [];
		const platform = probes.machine(join(goroot, "bin/go"))?.platforms[0] ?? context.host();
		const built = join(goroot, "pkg/tool", platform.replace("-", "_"), "pprof");
		const source = join(goroot, "src/cmd/pprof");
		const found = [built, source].find((path) => probes.stat(path) !== undefined);
		if (found !== undefined) return fine(`go tool pprof can run with ${version}`, found);
		return [
			{
				verdict: "note",
				title: `${version} has no pprof`,
				evidence: [`neither ${built} nor ${source} is there`],
				why: "CPU and memory profiles can be taken, but not read.",
				fix: { commands: [`gox verify ${shWord(goroot)}`] },
			},
		];
	},
};
