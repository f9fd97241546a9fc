import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { completeShims } from "../../store/shims.ts";
import { type Check, fine } from "../finding.ts";
import type { Patient } from "../patient.ts";
import type { ToolAnswer } from "../probes.ts";
import type { Changes } from "../repair/changes.ts";

/** The shims: there, whole, native, able to run, and on macOS signed. */
export const shims: Check = {
	name: "shims",
	title: "the shims",
	area: "shell",
	run: (patient) => {
		const { probes, layout } = patient;
		const names = probes.names(layout.shims);
		if (names.length === 0 && patient.stored().length === 0)
			return fine("no shims yet: the first gox install or gox setup makes them");
		// By any other name but its own the shim takes the word for the go command's.
		const own = join(layout.shims, "gox");
		const test = probes.run(own, ["--shim-self-test"]);
		const runs = test?.status === 0 && test.stdout.startsWith("gox-shim ok ");
		const faults = [...missing(patient), ...strange(patient), ...unsigned(patient)];
		if (runs && faults.length === 0) return fine(`${programsOf(patient).length} shims, whole and running`, test.stdout.trim());
		return [
			{
				verdict: runs ? "warning" : "broken",
				title: runs ? "the shims aren't what this gox makes" : "the shims don't run",
				evidence: [...faults, ...(runs ? [] : [`${own} --shim-self-test: ${howItEnded(test)}`])],
				why: runs
					? "`go` may run the wrong version, or nothing; Go's own switching downloads again what is installed."
					: "`go` doesn't start, wherever the shims come first on PATH.",
				fix: { commands: ["gox doctor --fix"], repair: (changes) => renew(patient, changes, !runs) },
			},
		];
	},
};

/** A program whose signature the system once refused stays refused where it lies: `anew` makes new files. */
function renew(patient: Patient, changes: Changes, anew: boolean): void {
	const { context, layout } = patient;
	changes.keepDirectory(layout.shims);
	changes.keep(layout.launcher, layout.strict);
	if (anew) for (const name of programsOf(patient)) rmSync(join(layout.shims, name), { force: true });
	completeShims(context);
}

function howItEnded(answer: ToolAnswer | undefined): string {
	if (!answer) return "it can't be started";
	const said = answer.stderr.trim().split("\n", 1)[0];
	return said || (answer.status === null ? "it was ended by a signal" : `exit ${answer.status}`);
}

/** gofmt and gox as well as go, and what each installed version has beside its go. */
function programsOf({ stored, probes, context }: Patient): readonly string[] {
	const tools = stored()
		.filter(({ platform }) => platform === context.host())
		.flatMap(({ goroot }) => probes.names(join(goroot, "bin")).filter((name) => /^[a-z][a-z0-9_-]*$/.test(name)));
	return [...new Set(["go", "gofmt", "gox", ...tools])];
}

function missing(patient: Patient): readonly string[] {
	const { probes, layout, stored, context } = patient;
	const programs = programsOf(patient).map((name) => join(layout.shims, name));
	const links = stored()
		.filter(({ platform, goroot }) => platform === context.host() && probes.stat(join(goroot, "bin/go")) !== undefined)
		.filter(({ key }) => probes.linkAt(join(layout.shims, key)) !== `../versions/${key}/bin/go`);
	const stale = probes
		.names(layout.shims)
		.filter((name) => /^go\d/.test(name) && probes.stat(join(layout.shims, name)) === undefined);
	return [
		...programs.flatMap((path) => {
			const stat = probes.stat(path);
			if (!stat) return [`${path} is missing`];
			return stat.executable ? [] : [`${path} isn't executable (mode ${stat.mode.toString(8)})`];
		}),
		...links.map(({ key }) => `${join(layout.shims, key)} doesn't lead to versions/${key}/bin/go`),
		...stale.map((name) => `${join(layout.shims, name)} leads nowhere`),
	];
}

/** Not this build's, or for another machine. On macOS a shim may have been signed anew after copying. */
function strange(patient: Patient): readonly string[] {
	const { probes, layout, context } = patient;
	const built = [join(context.assets, "shims", context.host(), "gox-shim"), join(context.assets, "shims/gox-shim.sh")].flatMap(
		(path) => bytesOf(path) ?? [],
	);
	return programsOf(patient).flatMap((name) => {
		const path = join(layout.shims, name);
		if (!probes.stat(path)) return [];
		if (!probes.isShim(path)) return [`${path} is no gox shim`];
		const machine = probes.machine(path);
		if (machine && !machine.platforms.includes(context.host())) return [`${path}: ${machine.words}, not for ${context.host()}`];
		const bytes = bytesOf(path);
		if (patient.mac() || built.length === 0 || (bytes && built.some((each) => each.equals(bytes)))) return [];
		return [`${path} is another build's`];
	});
}

/** Apple Silicon ends programs without a valid signature; an ad hoc one is enough. */
function unsigned(patient: Patient): readonly string[] {
	const { probes, layout } = patient;
	if (!patient.mac()?.appleSilicon) return [];
	const native = programsOf(patient)
		.map((name) => join(layout.shims, name))
		.filter((path) => probes.machine(path));
	if (native.length === 0) return [];
	const answer = probes.run("/usr/bin/codesign", ["-v", ...native]);
	if (!answer || answer.status === 0) return [];
	return answer.stderr.split("\n").filter((line) => /not signed|invalid|modified/.test(line));
}

function bytesOf(path: string): Buffer | undefined {
	try {
		return readFileSync(path);
	} catch {
		return undefined;
	}
}
