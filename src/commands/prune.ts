import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Invocation } from "../cli/command.ts";
import { confirm } from "../cli/confirm.ts";
import { bytesInWords, columns } from "../cli/text.ts";
import type { Context } from "../context.ts";
import { namesIn, removeTree } from "../fs.ts";
import { goSettings } from "../go/settings.ts";
import { usageOf } from "../select/usage.ts";
import { uninstallVersion } from "../store/abandoned.ts";
import { openHome } from "../store/home.ts";
import { defaultVersion, type Installed, installedVersions } from "../store/installed.ts";
import { freedBy, spaceOf } from "../store/space.ts";
import { compareParsed } from "../version/release.ts";

/** What to remove, and what to keep and why. */
interface Plan {
	readonly versions: readonly Installed[];
	readonly kept: readonly { readonly installed: Installed; readonly why: readonly string[] }[];
	readonly copies: readonly ModuleCopy[];
	readonly backups: readonly string[];
	readonly unclear: readonly string[];
}

export async function run(invocation: Invocation): Promise<undefined> {
	const { context, report, options } = invocation;
	openHome(context);
	const plan = planFor(invocation);
	const freed = {
		versions: plan.versions.map((each) => freedBy(context, [each.key])),
		copies: plan.copies.map(({ paths }) => spaceOf(paths).freed),
		backups: spaceOf(plan.backups).freed,
	};
	// Removed together, two versions also free the files that only they share.
	const total =
		freedBy(
			context,
			plan.versions.map(({ key }) => key),
		) +
		freed.copies.reduce((sum, bytes) => sum + bytes, 0) +
		freed.backups;
	const isEmpty = plan.versions.length + plan.copies.length + plan.backups.length === 0;
	if (!report.asJson) tell(invocation, plan, freed, total);
	const agreed =
		!isEmpty &&
		!options.has("dryRun") &&
		(await confirm(invocation, `remove them (${bytesInWords(total)})?`, { preset: "no", declined: "nothing was removed" }));
	if (agreed) for (const each of plan.versions) await uninstallVersion(context, each);
	if (agreed) for (const path of [...plan.copies.flatMap(({ paths }) => paths), ...plan.backups]) removeTree(path);
	if (report.asJson) {
		report.json({
			done: agreed,
			freed: total,
			versions: plan.versions.map(({ release, platform }, at) => ({
				version: release.name,
				platform,
				freed: freed.versions[at],
			})),
			kept: plan.kept.map(({ installed, why }) => ({ version: installed.release.name, platform: installed.platform, why })),
			moduleCache: plan.copies.map(({ name, paths }, at) => ({ name, paths, freed: freed.copies[at] })),
			backups: plan.backups,
			unclear: plan.unclear,
		});
	} else if (agreed) report.say(`freed ${bytesInWords(total)}`);
	return undefined;
}

function planFor({ context, options }: Invocation): Plan {
	const all = installedVersions(context);
	const { needs, unclear } = usageOf(context, all);
	const reasons = (each: Installed): readonly string[] => {
		const who = needs.get(each.key) ?? [];
		if (who.length > 0) return who;
		if (options.has("unused")) return [];
		return isSuperseded(each, all) ? [] : [`the newest ${each.release.minor} here`];
	};
	const explained = all.map((installed) => ({ installed, why: reasons(installed) }));
	return {
		versions: explained.filter(({ why }) => why.length === 0).map(({ installed }) => installed),
		kept: explained.filter(({ why }) => why.length > 0),
		copies: options.has("modcache") ? copiesInModuleCache(context, all) : [],
		backups: oldBackups(join(context.home, "backup")),
		unclear,
	};
}

/** Whether a newer patch of the same minor is installed for the same platform. */
function isSuperseded({ release, platform }: Installed, all: readonly Installed[]): boolean {
	return all.some(
		(each) =>
			each.platform === platform &&
			each.release.stable &&
			each.release.minor === release.minor &&
			compareParsed(each.release.parsed, release.parsed) > 0,
	);
}

function tell(
	{ context, report, options }: Invocation,
	plan: Plan,
	freed: { readonly versions: readonly number[]; readonly copies: readonly number[]; readonly backups: number },
	total: number,
): void {
	const rows = [
		...plan.versions.map(({ key }, at) => ["remove", key, bytesInWords(freed.versions[at] ?? 0), "nothing asks for it"]),
		...plan.copies.map(({ name }, at) => ["remove", name, bytesInWords(freed.copies[at] ?? 0), "gox has it too"]),
		...(plan.backups.length > 0
			? [["remove", `${plan.backups.length} old backups`, bytesInWords(freed.backups), "newer ones are kept"]]
			: []),
		...plan.kept.map(({ installed, why }) => ["keep", installed.key, "", why.join("; ")]),
	];
	for (const line of columns(rows)) report.line(line);
	for (const message of plan.unclear)
		report.warn(`a version file can't be read, so its project may need any version: ${message}`);
	if (!options.has("modcache")) {
		const copies = copiesInModuleCache(context, installedVersions(context)).length;
		if (copies > 0) report.say(`Go's module cache has copies of ${copies} of them: gox prune --modcache`);
	}
	report.say(total === 0 ? "nothing to remove" : `${bytesInWords(total)} would be free`);
}

/** A toolchain in Go's module cache that gox has installed too. */
export interface ModuleCopy {
	/** `golang.org/toolchain@v0.0.1-go1.22.5.linux-amd64` */
	readonly name: string;
	/** Its read-only tree, and the zip that it came from. */
	readonly paths: readonly string[];
}

/** The copies of installed versions in GOMODCACHE. What the go command keeps of their checksums stays. */
export function copiesInModuleCache(context: Context, installed: readonly Installed[]): readonly ModuleCopy[] {
	const goroot = (defaultVersion(context, installed) ?? installed[0])?.goroot;
	const { moduleCache } = goSettings(context, goroot);
	const downloads = join(moduleCache, "cache/download/golang.org/toolchain/@v");
	const versions = new Set(installed.map(({ release, platform }) => `v0.0.1-${release.name}.${platform}`));
	const trees = namesIn(join(moduleCache, "golang.org")).map((name) => name.replace(/^toolchain@/, ""));
	const zips = namesIn(downloads).flatMap((name) => (name.endsWith(".zip") ? [name.slice(0, -4)] : []));
	return [...new Set([...trees, ...zips])]
		.filter((version) => versions.has(version))
		.map((version) => ({
			name: `golang.org/toolchain@${version}`,
			paths: [
				join(moduleCache, "golang.org", `toolchain@${version}`),
				join(downloads, `${version}.zip`),
				join(downloads, `${version}.ziphash`),
			].filter((path) => existsSync(path)),
		}));
}

/** The backups of start-up files that setup made, except the newest of each. Their names end in a timestamp. */
export function oldBackups(directory: string): readonly string[] {
	const newest = new Map<string, string>();
	const names = namesIn(directory);
	for (const name of names) newest.set(subject(name) ?? name, name);
	return names.filter((name) => newest.get(subject(name) ?? name) !== name).map((name) => join(directory, name));
}

/** The name of the file that a backup is of; undefined for any other file. */
function subject(name: string): string | undefined {
	return /^(.+)\.\d{4}-\d\d-\d\dT[\d-]+\.\d+Z$/.exec(name)?.[1];
}
