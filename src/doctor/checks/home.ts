import { GoxError } from "../../errors.ts";
import { openHome } from "../../store/home.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import { fixOf } from "../remedy.ts";

/** GOX_HOME: fit to hold a GOROOT, and this user's alone to change. */
export const home: Check = {
	name: "home",
	title: "GOX_HOME",
	area: "store",
	run: ({ context, probes, layout }): readonly Finding[] => {
		try {
			openHome(context);
		} catch (error) {
			if (!(error instanceof GoxError)) throw error;
			return [
				{
					verdict: "broken",
					title: error.message,
					evidence: [`GOX_HOME=${context.env.GOX_HOME ?? layout.home}`],
					why: "gox refuses to work there.",
					...(error.hint ? fixOf(error) : { fix: { commands: ["unset GOX_HOME"] } }),
				},
			];
		}
		const { versions, aliases, shims, receipts, tmp, locks, journal } = layout;
		const directories = [layout.home, versions, aliases, shims, receipts, tmp, locks, journal];
		const there = directories.filter((path) => probes.stat(path) !== undefined);
		if (there.length === 0) return fine(`${layout.home} isn't there yet: nothing is installed`);
		const closed = there.filter((path) => !probes.isWritable(path));
		const loose = there.filter((path) => ((probes.stat(path)?.mode ?? 0) & 0o022) !== 0);
		const findings: Finding[] = [];
		if (closed.length > 0)
			findings.push({
				verdict: "broken",
				title: `gox can't write to ${closed[0]}${closed.length > 1 ? ` and ${closed.length - 1} more` : ""}`,
				evidence: closed.map((path) => `${path}: mode ${octal(probes.stat(path)?.mode)}, owner ${probes.stat(path)?.uid}`),
				why: "Nothing can be installed, removed or made the default; a sudo in the past is the usual cause.",
				fix: { commands: [`sudo chown -R "$(id -un)" ${layout.home}`, `chmod -R u+w ${closed.join(" ")}`] },
			});
		if (loose.length > 0)
			findings.push({
				verdict: "warning",
				title: "other users can write to gox's directories",
				evidence: loose.map((path) => `${path}: mode ${octal(probes.stat(path)?.mode)}`),
				why: "Whoever can change a shim or a GOROOT decides what runs when you call go.",
				fix: { commands: [`chmod go-w ${loose.join(" ")}`] },
			});
		return findings.length > 0 ? findings : fine(`${layout.home} is yours alone to change`);
	},
};

function octal(mode: number | undefined): string {
	return mode === undefined ? "unknown" : `0${mode.toString(8)}`;
}
