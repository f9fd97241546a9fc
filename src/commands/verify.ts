import { exitCodes, GoxError } from "../errors.ts";
import { lookUp } from "../releases/lookup.ts";
import { type Audit, type AuditTarget, auditGoroot } from "../store/audit.ts";
import { openHome } from "../store/home.ts";
import { storedVersions } from "../store/installed.ts";
import { readReceipt } from "../store/receipt.ts";
import { progressOn } from "../ui/progress.ts";
import { auditTarget, targetOf } from "./audittarget.ts";
import { catalogOptions, wantedPlatform, withConfiguredSites } from "./catalog.ts";
import type { Invocation } from "./command.ts";
import { installChosen } from "./installation.ts";
import { auditAsJson, tellAudit } from "./verdict.ts";

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
async function repair(
	{ context: caller, report, options }: Invocation,
	{ release, platform, key, goroot }: AuditTarget,
): Promise<void> {
	if (key === undefined) {
		throw new GoxError("usage", `${goroot} is not gox's to repair`, { hint: `gox install ${release.word}` });
	}
	const context = withConfiguredSites(caller);
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
