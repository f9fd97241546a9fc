import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Release } from "../../src/version/release.ts";
import { toSemver } from "../../src/version/request.ts";

/** An entry of data/vulns.json. */
export interface CompactEntry {
	readonly id: string;
	readonly cves: readonly string[];
	readonly summary: string;
	readonly affected: readonly {
		readonly module: string;
		readonly packages: readonly string[];
		readonly goos?: readonly string[];
		readonly goarch?: readonly string[];
		readonly ranges: readonly (readonly (string | null)[])[];
	}[];
}

/** Lays the entries out as the Go vulnerability database does (v1); returns the directory. */
export function writeDatabase(directory: string, entries: readonly CompactEntry[], more: readonly object[] = []): string {
	const osv = [...entries.map(osvOf), ...more] as { id: string; affected: { package: { name: string } }[] }[];
	mkdirSync(join(directory, "index"), { recursive: true });
	mkdirSync(join(directory, "ID"), { recursive: true });
	for (const entry of osv) writeFileSync(join(directory, "ID", `${entry.id}.json`), JSON.stringify(entry));
	const modules = [...new Set(osv.flatMap(({ affected }) => affected.map((each) => each.package.name)))].map((path) => ({
		path,
		vulns: osv
			.filter(({ affected }) => affected.some((each) => each.package.name === path))
			.map(({ id }) => ({ id, modified: when })),
	}));
	writeFileSync(join(directory, "index/modules.json"), JSON.stringify(modules));
	writeFileSync(join(directory, "index/db.json"), JSON.stringify({ modified: when }));
	return directory;
}

const when = "2026-08-21T00:00:00Z";

function osvOf({ id, cves, summary, affected }: CompactEntry) {
	return {
		schema_version: "1.3.1",
		id,
		modified: when,
		published: when,
		aliases: cves,
		summary,
		details: summary,
		affected: affected.map(({ module, packages, goos, goarch, ranges }) => ({
			package: { name: module, ecosystem: "Go" },
			ranges: [
				{
					type: "SEMVER",
					events: ranges.flatMap(([introduced, fixed]) => [{ introduced }, ...(fixed ? [{ fixed }] : [])]),
				},
			],
			ecosystem_specific: { imports: packages.map((path) => ({ path, ...(goos && { goos }), ...(goarch && { goarch }) })) },
		})),
	};
}

/** What govulncheck finds in a program that was built by a release, and in that release's own tools: ids, sorted. */
export type Govulncheck = (release: Release, goos: string, goarch: string) => readonly string[];

/** The real govulncheck over a local database; undefined where there is no go, or it can't fetch and build it. */
export function govulncheck(entries: readonly CompactEntry[]): Govulncheck | undefined {
	const place = mkdtempSync(join(tmpdir(), "gox-govulncheck-"));
	const binary = join(place, "govulncheck");
	try {
		execFileSync("go", ["build", "-o", binary, "golang.org/x/vuln/cmd/govulncheck"], {
			cwd: join(import.meta.dirname, "govulncheck"),
			env: { ...process.env, GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local", GOWORK: "off" },
			stdio: "ignore",
		});
	} catch {
		return undefined;
	}
	const database = writeDatabase(join(place, "db"), entries);
	return (release, goos, goarch) => {
		// What `govulncheck -mode extract` leaves of a program; its go command stands in as a module of that name.
		const program = {
			path: "x",
			goVersion: release.name,
			goos,
			goarch,
			modules: [{ Path: "toolchain", Version: `v${toSemver(release)}` }],
		};
		const blob = join(place, "blob");
		writeFileSync(blob, `{"name":"govulncheck-extract","version":"0.1.0"}\n${JSON.stringify(program)}\n`);
		const said = execFileSync(
			binary,
			["-db", `file://${database}`, "-mode", "binary", "-scan", "module", "-format", "json", blob],
			{
				encoding: "utf8",
				maxBuffer: 1 << 26,
				env: { ...process.env, HOME: place },
			},
		);
		const findings = JSON.parse(`[${said.replace(/^\}\n(?=\{)/gm, "},\n")}]`) as { finding?: { osv: string } }[];
		return [...new Set(findings.flatMap(({ finding }) => (finding ? [finding.osv] : [])))].sort();
	};
}
