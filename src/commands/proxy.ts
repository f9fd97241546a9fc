import { GoxError, quote } from "../errors.ts";
import { goEnvFilePath } from "../releases/proxy/goenvfile.ts";
import { profileOf } from "../releases/proxy/profile.ts";
import { homeLayout } from "../store/home.ts";
import { proxyRecords } from "../store/proxyrecord.ts";
import { columns } from "../ui/table.ts";
import type { Invocation } from "./command.ts";
import { goInForce, shippedBy } from "./goinforce.ts";
import { settingsInForce, shownValue } from "./proxysettings.ts";

/** Where Go gets its modules from: shows it, tries it, changes it, and takes that back. */
export async function run(invocation: Invocation): Promise<number> {
	const [action = "show", ...words] = invocation.args;
	if (action === "test") return (await import("./proxytest.ts")).testProxies(invocation, words);
	if (action === "use") return (await import("./proxyuse.ts")).useProfile(invocation, words);
	if ((action === "show" || action === "undo") && words.length > 0)
		throw new GoxError("usage", `gox proxy ${action} takes no more words`, { hint: "gox proxy --help" });
	if (action === "show") return show(invocation);
	if (action === "undo") return (await import("./proxyundo.ts")).undoProfile(invocation);
	const named = /[:@/]/.test(action) ? "an address" : quote(action);
	throw new GoxError("usage", `gox proxy wants show, use, test or undo, not ${named}`, { hint: "gox proxy --help" });
}

const meanings: Readonly<Record<ReturnType<typeof profileOf>, string>> = {
	public: "Go's own",
	mirror: "one's own, then each module's repository",
	company: "one's own, then Go's own",
	direct: "each module's repository, no proxy",
	off: "nothing is fetched",
	own: "a list of one's own",
};

function show({ context, report }: Invocation): number {
	const go = goInForce(context);
	const settings = settingsInForce(context, go);
	const shipped = shippedBy(context, go, "GOPROXY")?.value;
	const value = settings.get("GOPROXY")?.value;
	const profile = value === undefined && shipped === undefined ? null : profileOf(value, shipped);
	const file = goEnvFilePath(context) ?? null;
	const last = proxyRecords(homeLayout(context).home).at(-1);
	if (report.asJson) {
		const list = [...settings.values()].map((each) => ({
			name: each.name,
			value: each.value === undefined ? null : shownValue(each.value),
			from: each.from ?? null,
		}));
		report.json({ profile, settings: list, file, undo: last?.profile ?? null });
		return 0;
	}
	for (const line of columns(
		[...settings.values()].map((each) => [
			each.name,
			each.value === undefined ? "(not set)" : shownValue(each.value),
			each.from === undefined ? "" : `# ${each.from}`,
		]),
	))
		report.line(line);
	if (profile === null) report.say("no Go is here that says where modules come from by itself");
	else report.say(`${profile}: ${meanings[profile]}`);
	if (file === null) report.say("GOENV=off: go env -w writes nothing");
	if (last) report.say(`gox proxy undo takes back \`gox proxy use ${last.profile}\` of ${last.at.slice(0, 10)}`);
	return 0;
}
