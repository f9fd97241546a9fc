import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { withoutSecrets } from "../output.ts";
import { unifiedDiff } from "../shell/diff.ts";
import type { UserHome } from "../shell/shell.ts";
import type { StartupEdit } from "../shell/startupedit.ts";
import type { Invocation } from "./command.ts";

/** Asked only of a person, and only when something would change. @throws GoxError `interrupted` for a no. */
export async function consent(
	{ context, options }: Invocation,
	edits: readonly Pick<StartupEdit, "path">[],
	what: string,
): Promise<void> {
	if (!context.interactive || options.has("yes") || edits.length === 0) return;
	const answer = await context.ask(`${what} ${edits.map(({ path }) => path).join(", ")}? [Y/n] `);
	if (!/^(?:y|yes|)$/i.test(answer.trim())) throw new GoxError("interrupted", "nothing was changed");
}

export function showDiffs({ context, report }: Invocation, edits: readonly StartupEdit[]): void {
	if (report.asJson) report.json({ changed: edits.map(({ path }) => path) });
	else
		for (const { path, before, after } of edits)
			context.stdout.write(withoutSecrets(unifiedDiff(path, utf8(before), utf8(after))));
}

export function homeOf(context: Context): UserHome {
	return { userHome: context.userHome, env: context.env, exists: existsSync };
}

export function backupsOf(context: Context): string {
	return join(context.home, "backup");
}

/** Start-up files are held one character a byte. */
export function utf8(bytes: string): string;
export function utf8(bytes: string | undefined): string | undefined;
export function utf8(bytes: string | undefined): string | undefined {
	return bytes === undefined ? undefined : Buffer.from(bytes, "latin1").toString("utf8");
}
