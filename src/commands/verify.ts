import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Invocation } from "../cli/command.ts";
import { installChosen } from "../cli/installing.ts";
import { catalogOptions, wantedPlatform } from "../cli/operands.ts";
import { progressOn } from "../cli/progress.ts";
import type { Report } from "../cli/report.ts";
import type { Context } from "../context.ts";
import { exitCodes, GoxError, quote } from "../errors.ts";
import { ifPresent } from "../fs.ts";
import { type Audit, type AuditTarget, auditGoroot } from "../install/audit.ts";
import { lookUp } from "../releases/lookup.ts";
import { openHome } from "../store/home.ts";
import { type Installed, storedVersions } from "../store/installed.ts";
import { layoutOf } from "../store/layout.ts";
import { pickInstalled, userAliases } from "../store/links.ts";
import { readReceipt } from "../store/receipt.ts";
import { identify } from "../verify/goroot.ts";
import { witnessInWords } from "../verify/witness.ts";
import type { Platform } from "../version/platform.ts";
import { parseRequest } from "../version/request.ts";

/** Exit status 5 when something is wrong, 4 when nobody can say, else 0. */
export async function run(invocation: Invocation): Promise<number> {
	const {
		context,
		report,
		args: [word],
		options,
	} = invocation;
	const targets =
		word === undefined ? storedVersions(context).map(targetOf) : [auditTarget(context, word, wantedPlatform(context, options))];
	if (targets.length === 0) report.say("no version is installed: nothing to verify");
	const audits: Audit[] = [];
	for (const target of targets) {
		let audit = await auditGoroot(context, target, report.say);
		if (audit.verdict === "wrong" && options.has("repair")) {
			if (!report.asJson) tellAudit(report, audit);
			await repair(invocation, target);
			audit = await auditGoroot(context, target, report.say);
		}
		if (!report.asJson) tellAudit(report, audit);
		audits.push(audit);
	}
	if (report.asJson) report.json(word === undefined ? audits.map(auditAsJson) : audits.map(auditAsJson)[0]);
	if (audits.some(({ verdict }) => verdict === "wrong")) return exitCodes.integrity;
	return audits.some(({ verdict }) => verdict === "unknown") ? exitCodes.network : 0;
}

/** Installs a version of the store again, in one step; aliases and the default stay. */
async function repair({ context, report, options }: Invocation, { release, platform, key, goroot }: AuditTarget): Promise<void> {
	if (key === undefined) {
		throw new GoxError("usage", `${goroot} is not gox's to repair`, { hint: `gox install ${release.word}` });
	}
	const unofficial = readReceipt(openHome(context), key)?.official === false;
	const request = { kind: "exact", release, text: release.version } as const;
	const progress = progressOn(context, report.quiet || report.asJson);
	try {
		await installChosen({
			context,
			report,
			progress,
			chosen: await lookUp(context, request, platform, catalogOptions({ context, report, options })),
			source: "any",
			asDefault: "no",
			force: true,
			unofficial,
			insecure: options.has("insecure"),
		});
	} finally {
		progress.end();
	}
}

/**
 * What `gox verify WORD` is about: an installed version, also one whose bin/go is gone, or a directory.
 * @throws GoxError `not-installed`, `not-a-version`; `usage` for a path that is no GOROOT; `integrity` for a Go that
 * was never published.
 */
export function auditTarget(context: Context, word: string, platform: Platform): AuditTarget {
	if (word.includes("/") || word === "." || word === "..") return atPath(context, word);
	const request = parseRequest(word);
	const wanted = request.platform ?? platform;
	const stored = storedVersions(context);
	const alias = request.kind === "alias" ? userAliases(context).get(request.name) : undefined;
	const found = stored.find(
		(each) =>
			each.key === alias || (request.kind === "exact" && each.release.name === request.release.name && each.platform === wanted),
	);
	return targetOf(found ?? pickInstalled(context, request, wanted));
}

export function targetOf({ release, platform, goroot, key }: Installed): AuditTarget {
	return { release, platform, goroot: realpathSync(goroot), key };
}

function atPath(context: Context, word: string): AuditTarget {
	const path = resolve(context.cwd, word);
	const real = ifPresent(() => realpathSync(path));
	if (real === undefined) throw new GoxError("usage", `${path} doesn't exist`, { hint: 'gox verify "$(go env GOROOT)"' });
	const goroot = gorootAt(real);
	const versions = ifPresent(() => realpathSync(layoutOf(context.home).versions));
	const stored = versions === dirname(goroot) ? storedVersions(context).find(({ key }) => key === basename(goroot)) : undefined;
	return stored ? targetOf(stored) : { ...identify(goroot, context.host()), goroot };
}

/** A GOROOT may be meant by its bin/go, or by the prefix that Homebrew puts a `libexec` in. */
function gorootAt(path: string): string {
	const directory = statSync(path).isDirectory() ? path : dirname(dirname(path));
	const libexec = join(directory, "libexec");
	return !existsSync(join(directory, "VERSION")) && existsSync(join(libexec, "VERSION")) ? libexec : directory;
}

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
