import { quote } from "../errors.ts";
import type { Audit } from "../store/audit.ts";
import type { Report } from "../ui/report.ts";
import { witnessInWords } from "../verify/witness.ts";

/** More than a person reads; `--json` has them all. */
const mostNamed = 40;

/** One audit as a person reads it. */
export function tellAudit(report: Report, audit: Audit): void {
	const { target, witnesses } = audit;
	const name = target.key ?? `${target.release.name} for ${target.platform} in ${target.goroot}`;
	const by = witnesses.map(witnessInWords).join(" and ") || "nobody";
	switch (audit.verdict) {
		case "proven":
			report.line(`${name}: ${report.style.green("proven")} by ${by}`);
			break;
		case "recorded":
			report.line(
				target.key === undefined
					? `${name}: ${report.style.green("the same")} as what gox installed as ${target.release.name}, vouched for then by ${by}`
					: `${name}: ${report.style.green("unchanged")} since it was installed, vouched for then by ${by}`,
			);
			break;
		case "wrong":
			report.line(`${name}: ${report.style.red("not what was published")}, says ${witnesses.length > 0 ? by : "its receipt"}`);
			break;
		case "unknown":
			report.line(`${name}: ${report.style.yellow("not judged")}: nobody can say what it should be`);
	}
	const named = (["changed", "missing", "added"] as const).flatMap((kind) => audit[kind].map((path) => [kind, path] as const));
	for (const [kind, path] of named.slice(0, mostNamed)) report.line(`  ${kind.padEnd(7)}  ${printable(path)}`);
	if (named.length > mostNamed) report.line(`  and ${named.length - mostNamed} more: see --json`);
	for (const note of audit.notes) report.line(`  ${note}`);
	if (audit.uncovered > 0) {
		report.line(`  ${audit.uncovered} of its ${audit.files} files, in api, doc, misc and test, are not covered`);
	}
	if (audit.verdict === "wrong" && target.key !== undefined) {
		const foreign = target.key.includes("@") ? ` --platform ${target.platform}` : "";
		report.say(`  to install it again: gox verify ${target.release.word}${foreign} --repair`);
	}
}

export function auditAsJson({ target, verdict, h1, witnesses, changed, missing, added, uncovered, notes }: Audit) {
	return {
		ok: verdict === "proven" || verdict === "recorded",
		verdict,
		version: target.release.name,
		platform: target.platform,
		goroot: target.goroot,
		h1: h1 ?? null,
		witnesses,
		changed,
		missing,
		added,
		uncovered,
		notes,
	};
}

/** Names come from a tree that anyone may have written to. */
function printable(path: string): string {
	const quoted = quote(path, 1024);
	return quoted === `"${path}"` ? path : quoted;
}
