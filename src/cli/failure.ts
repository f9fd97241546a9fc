import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { harmless, statusOfLostOutput, withoutSecrets } from "../output.ts";

/**
 * Prints an error to stderr, and with `--json` to stdout too. Returns the exit status: 6 for a system error, 1 for any
 * other error that isn't a GoxError.
 */
export function renderFailure(context: Context, error: unknown, asJson: boolean): number {
	const failure = asGoxError(context, error);
	const { code } = failure;
	const message = withoutSecrets(failure.message);
	const hint = failure.hint && withoutSecrets(failure.hint);
	if (asJson) context.stdout.write(`${JSON.stringify({ error: { code, message, hint: hint ?? null } })}\n`);
	context.stderr.write(`gox: ${harmless(message)}\n`);
	if (hint) context.stderr.write(`${harmless(hint).replace(/^/gm, "  ")}\n`);
	if (variablesIn(context.env).debug || failure.code === "internal")
		context.stderr.write(`${withoutSecrets(harmless(traceOf(error)))}\n`);
	return failure.exit;
}

/** Prints an error for output that could not be written to stdout. Returns the exit status; 0 if the reader has left. */
export function renderLoss(context: Context, loss: unknown): number {
	if (statusOfLostOutput(loss) === 0) return 0;
	const reason = reasons[systemCode(loss) ?? ""] ?? (loss instanceof Error ? loss.message : String(loss));
	return renderFailure(context, new GoxError("file-system", `standard output: ${reason}`, { cause: loss }), false);
}

function asGoxError(context: Context, error: unknown): GoxError {
	if (error instanceof GoxError) return error;
	if (context.signal.aborted)
		return context.signal.reason instanceof GoxError ? context.signal.reason : new GoxError("interrupted", "interrupted");
	const code = systemCode(error);
	if (code && error instanceof Error && "syscall" in error) return fileSystemFailure(context, code, error);
	return new GoxError(
		"internal",
		`something in gox itself went wrong: ${error instanceof Error ? error.message : String(error)}`,
		{
			cause: error,
			hint: "please report it, with this output",
		},
	);
}

const reasons: Readonly<Record<string, string>> = {
	ENOSPC: "no space is left on the disk",
	EDQUOT: "the disk quota is used up",
	EFBIG: "the file is larger than this process may write (ulimit -f)",
	EROFS: "the file system is read-only",
	EACCES: "permission denied",
	EPERM: "not permitted",
	EMFILE: "too many open files",
	EIO: "the disk failed",
};

function fileSystemFailure({ home }: Context, code: string, error: Error): GoxError {
	const { subject = "", paths } = subjectOf(error);
	const ours = paths.some((path) => path === home || path.startsWith(`${home}/`));
	const hints: Readonly<Record<string, string>> = {
		ENOSPC: "make room, e.g.: gox list, then gox uninstall VERSION",
		EDQUOT: "make room, e.g.: gox list, then gox uninstall VERSION",
		...(ours && { EACCES: "gox doctor", EPERM: "gox doctor", EROFS: "gox doctor" }),
	};
	const hint = hints[code];
	return new GoxError("file-system", `${subject && `${subject}: `}${reasons[code] ?? error.message}`, {
		cause: error,
		...(hint !== undefined && { hint }),
	});
}

/** The paths of a failed system call. Node gives the target of a link and the source of a rename as `path`. */
function subjectOf(error: Error): { readonly subject?: string; readonly paths: readonly string[] } {
	const { path, dest, syscall } = error as NodeJS.ErrnoException & { readonly dest?: string };
	if (typeof path !== "string") return { paths: [] };
	if (typeof dest !== "string") return { subject: path, paths: [path] };
	if (syscall === "link" || syscall === "symlink") return { subject: dest, paths: [dest] };
	return { subject: `${syscall === "rename" ? "renaming" : "copying"} ${path} to ${dest}`, paths: [path, dest] };
}

function traceOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	return `${error.stack ?? error.message}${error.cause === undefined ? "" : `\ncaused by: ${traceOf(error.cause)}`}`;
}
